"""Commands about readers: import, export, erase."""

from newsletter.commands.output import CommandGroup
from newsletter.commands.subscribers_import import import_readers

subscribers = CommandGroup("subscribers", help="Readers: import, export, erase.")
subscribers.add_command(import_readers)
