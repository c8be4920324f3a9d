"""Commands of `flask …`: thin doors for operators."""

from flask import Flask

from newsletter.commands.feeds import feeds
from newsletter.commands.publications import publications
from newsletter.commands.staff import staff
from newsletter.commands.subscribers import subscribers


def init_app(app: Flask) -> None:
    """Register the commands."""
    for group in (publications, feeds, subscribers, staff):
        app.cli.add_command(group)
