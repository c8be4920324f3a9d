"""Commands of `flask …`: thin doors for operators."""

from flask import Flask

from newsletter.commands.bounces import bounces
from newsletter.commands.config import config
from newsletter.commands.digests import digests
from newsletter.commands.dkim import dkim
from newsletter.commands.doctor import doctor
from newsletter.commands.feeds import feeds
from newsletter.commands.publications import publications
from newsletter.commands.relays import relays
from newsletter.commands.sending import sending
from newsletter.commands.staff import staff
from newsletter.commands.subscribers import subscribers
from newsletter.commands.suppressions import suppressions
from newsletter.commands.unsubscribes import unsubscribes


def init_app(app: Flask) -> None:
    """Register the commands."""
    for command in (
        publications,
        feeds,
        subscribers,
        unsubscribes,
        digests,
        relays,
        dkim,
        bounces,
        suppressions,
        sending,
        staff,
        config,
        doctor,
    ):
        app.cli.add_command(command)
