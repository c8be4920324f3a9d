"""Commands about sending as a whole."""

import click

from newsletter.clock import utc_now
from newsletter.commands.output import CommandGroup, json_option, print_json
from newsletter.config import settings
from newsletter.database_clock import database_now
from newsletter.extensions import redis
from newsletter.mail.sending_hold import (
    Witnesses,
    current_mark,
    release_sending,
    sending_is_held,
)
from newsletter.staff import audit
from newsletter.unit_of_work import unit_of_work

sending = CommandGroup("sending", help="Whether mail goes out at all.")


@sending.command("status")
@json_option
def status(as_json: bool) -> None:
    """Tell whether sending is held, as it is after a backup was restored."""
    sending_is_held(witnesses=_witnesses(), now=database_now())  # no worker may have looked yet
    mark = current_mark()
    since, reason = (mark.held_since, mark.reason) if mark else (None, "")
    if as_json:
        print_json({"held": since is not None, "since": since, "reason": reason})
    elif since is None:
        click.echo("Sending is not held.")
    else:
        click.echo(f"Held since {since:%Y-%m-%d %H:%M} UTC. {reason}")
        click.echo("Look at docs/deploying.md, Backups; then: flask sending release")


@sending.command("release")
def release() -> None:
    """Let mail go out again: all that the restored database takes for unsent is sent."""
    witnesses = _witnesses()
    sending_is_held(witnesses=witnesses, now=database_now())  # no worker may have looked yet
    with unit_of_work():
        mark = release_sending(witnesses=witnesses, now=utc_now())
        audit.record("sending_released", staff=None, now=utc_now())
    witnesses.tell(mark)
    click.echo("Released. What is due goes out within a minute.")


def _witnesses() -> Witnesses:
    return Witnesses(redis=redis, folder=settings.var_dir)
