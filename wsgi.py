"""The web application, for gunicorn and for `flask`."""

from newsletter import create_app

app = create_app()
