"""Commands about silenced addresses: list, add, lift, import, export."""

import sys
from pathlib import Path

import click

from newsletter.clock import utc_now
from newsletter.commands.output import CommandGroup, json_option, print_json, print_table
from newsletter.mail.addresses import mailable_address
from newsletter.mail.relay_reactions import without_addresses
from newsletter.staff import audit
from newsletter.suppressions import csv_list
from newsletter.suppressions.lift import lift
from newsletter.suppressions.listing import (
    SuppressionFilter,
    every_suppression,
    find_suppressions,
)
from newsletter.suppressions.models import Suppression, SuppressionReason
from newsletter.suppressions.suppress import suppress, suppression_of
from newsletter.unit_of_work import unit_of_work

suppressions = CommandGroup("suppressions", help="Addresses that get no mail.")

_reason = click.option(
    "--reason", type=click.Choice([one.value for one in SuppressionReason]), help="Only these."
)


@suppressions.command("list")
@click.option("--address", default="", help="Only those that begin so.")
@_reason
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@json_option
def show(address: str, reason: str | None, limit: int, as_json: bool) -> None:
    """List silenced addresses, newest first."""
    found = find_suppressions(_wanted(address, reason), limit=limit).suppressions
    if as_json:
        print_json([_described(one) for one in found])
    elif not found:
        click.echo("No address is suppressed." if not (address or reason) else "None is found.")
    else:
        rows = [
            (
                one.address_key or "(erased)",
                one.reason.value,
                f"{one.created_at:%Y-%m-%d}",
                one.note,
            )
            for one in found
        ]
        print_table(("Address", "Reason", "Since", "Note"), rows)


@suppressions.command("add")
@click.argument("address")
@click.option("--note", default="", help="Why.")
def add(address: str, note: str) -> None:
    """Silence ADDRESS for every publication."""
    mailable_address(address.strip())
    now = utc_now()
    with unit_of_work():
        known = suppression_of(address=address)
        if known is None:
            suppress(
                address=address, reason=SuppressionReason.MANUAL, note=note.strip()[:500], now=now
            )
            audit.record("address_suppressed", staff=None, now=now)
    click.echo(f"It was suppressed before: {known.reason.value}." if known else "Suppressed.")


@suppressions.command("lift")
@click.argument("address")
@click.option("--note", required=True, help="Why it gets mail again; kept.")
def lift_one(address: str, note: str) -> None:
    """Let mail go to ADDRESS again; one that was erased stays silenced."""
    now = utc_now()
    with unit_of_work():
        found = suppression_of(address=address)
        if found is None:
            raise click.ClickException("This address is not suppressed.")
        number, reason = found.id, found.reason.value
        lift(suppression=found, note=note)
        audit.record(
            "suppression_lifted",
            staff=None,
            now=now,
            object_kind="suppression",
            object_id=number,
            detail=f"{reason}: {without_addresses(note)}"[:500],
        )
    click.echo("Lifted. A subscription that ended stays ended.")


@suppressions.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@json_option
def import_file(file: str, as_json: bool) -> None:
    """Silence the addresses in FILE: CSV with a column `address`, or one address a line."""
    octets = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    now = utc_now()
    with unit_of_work():
        report = csv_list.import_list(octets=octets, now=now)
        audit.record(
            "suppressions_imported", staff=None, now=now, detail=f"{report.added} addresses"
        )
    if as_json:
        print_json({"added": report.added, "known": report.known, "refused": report.refused})
        return
    click.echo(
        f"Added {report.added:,}, known before {report.known:,}, refused {report.refused:,}."
    )
    if report.refused_lines:
        lines = ", ".join(str(number) for number in report.refused_lines)
        click.echo(f"No address in lines {lines}.", err=True)


@suppressions.command("export")
@_reason
def export(reason: str | None) -> None:
    """Write silenced addresses to standard output as CSV; those of erased readers are not known."""
    for piece in csv_list.written(every_suppression(_wanted("", reason))):
        click.echo(piece.encode(), nl=False)


def _wanted(address: str, reason: str | None) -> SuppressionFilter:
    return SuppressionFilter(address=address, reason=SuppressionReason(reason) if reason else None)


def _described(one: Suppression) -> dict[str, object]:
    return {
        "id": one.id,
        "address": one.address_key or None,
        "reason": one.reason.value,
        "since": one.created_at,
        "note": one.note,
    }
