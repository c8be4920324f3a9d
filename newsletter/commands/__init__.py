"""Commands of `flask …`: thin doors for operators."""

from importlib import import_module

import click
from flask import Flask
from flask.cli import AppGroup

#: Each is called as its module is.
NAMES = (
    "publications",
    "feeds",
    "subscribers",
    "unsubscribes",
    "digests",
    "relays",
    "dkim",
    "bounces",
    "suppressions",
    "sending",
    "staff",
    "config",
    "doctor",
)


class Commands(AppGroup):
    """Imports a command when it is asked for: all of them take longer than most run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands there are."""
        return sorted({*super().list_commands(ctx), *NAMES})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None if there is none of this name."""
        if cmd_name not in NAMES:
            return super().get_command(ctx, cmd_name)
        found: click.Command = getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return found


def init_app(app: Flask) -> None:
    """Register the commands, beside those of extensions."""
    app.cli = Commands(app.name, commands=app.cli.commands)


def is_asking() -> bool:
    """Say whether the application is being built for one of these commands, which show no page.

    `flask` builds it before it knows the command, while `run`, `routes` and others that are not
    the application's own build it once they run, in a context beneath that of `flask`.
    """
    context = click.get_current_context(silent=True)
    return context is not None and context.parent is None
