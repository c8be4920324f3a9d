"""The web application, for gunicorn and for `flask`."""

import gc

# What is imported here stays for good: searching it for garbage again and again took a third of
# the time in which each command starts.
gc.disable()

from newsletter import commands, create_app  # noqa: E402

app = create_app(pages=not commands.is_asking())
gc.freeze()
gc.enable()
