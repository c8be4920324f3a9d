"""Commands about mail relays."""

import contextlib
from dataclasses import asdict

import click
from redis.exceptions import RedisError

from newsletter.clock import utc_now
from newsletter.commands.output import CommandGroup, json_option, print_json, print_table
from newsletter.config import settings
from newsletter.extensions import redis
from newsletter.mail.relay_health import reopen
from newsletter.mail.relay_states import RelayStanding, relay_standings
from newsletter.mail.relay_stops import all_stops, release_stop
from newsletter.mail.smtp_url import relay_addresses
from newsletter.staff import audit
from newsletter.unit_of_work import unit_of_work

relays = CommandGroup("relays", help="The mail servers that take our mail.")


@relays.command("list")
@json_option
def show(as_json: bool) -> None:
    """List the relays of SMTP_URL and how they stand; a stopped one waits for its release."""
    found = relay_standings(relay_addresses(settings.smtp_url), redis=redis, now=utc_now())
    if as_json:
        print_json([{**asdict(one), "state": one.state.value} for one in found])
    elif not found:
        click.echo("No relay is set: mail goes to the outbox folder.")
    else:
        print_table(("Relay", "State", "Answer"), [_row(one) for one in found])


@relays.command("release")
@click.argument("name")
def release(name: str) -> None:
    """Let mail go to the stopped relay NAME again: its host, or host:port."""
    relay = _stopped_relay(name)
    with unit_of_work():
        release_stop(relay=relay)
        audit.record("relay_released", staff=None, now=utc_now(), detail=relay)
    with contextlib.suppress(RedisError):  # workers then find the row gone by themselves
        reopen(redis, relay=relay)
    click.echo(f"Released {relay}. It begins with one connection.")


def _stopped_relay(name: str) -> str:
    """Return the stopped relay that the operator named; a host is enough where it is the only."""
    stopped = [stop.relay for stop in all_stops()]
    found = [one for one in stopped if name in (one, one.rpartition(":")[0])]
    if len(found) > 1:
        raise click.ClickException(f"Several are stopped: {', '.join(found)}. Name one with port.")
    return found[0] if found else name


def _row(one: RelayStanding) -> tuple[str, str, str]:
    state = one.state.value
    if one.until:
        state += f" until {one.until:%H:%M} UTC"
    elif one.since:
        state += f" since {one.since:%Y-%m-%d %H:%M} UTC"
    elif one.connections:
        state += f" to {one.connections}"
    return one.relay, state, one.answer or "-"
