"""Commands about readers: import, export, erase."""

import sys

import click

from newsletter.clock import utc_now
from newsletter.commands.output import CommandGroup, json_option, named_publication, print_json
from newsletter.commands.subscribers_import import import_readers
from newsletter.feedback.erase import erase_everywhere
from newsletter.staff import audit
from newsletter.subscriptions.erase import find_subscriber
from newsletter.subscriptions.export import csv_pieces
from newsletter.subscriptions.models import SubscriptionState
from newsletter.subscriptions.search import ReaderFilter
from newsletter.unit_of_work import unit_of_work

subscribers = CommandGroup("subscribers", help="Readers: import, export, erase.")
subscribers.add_command(import_readers)


@subscribers.command("export")
@click.option("--publication", "slug", required=True, metavar="SLUG", help="Whose readers.")
@click.option(
    "--state",
    type=click.Choice([state.value for state in SubscriptionState]),
    help="Only readers who stand there.",
)
def export(slug: str, state: str | None) -> None:
    """Write the readers of a publication to standard output as CSV in UTF-8.

    What is written can be imported again. Cells that a spreadsheet would run as a formula
    begin with an apostrophe.
    """
    publication = named_publication(slug)
    names = {topic.id: topic.name for topic in publication.topics}
    wanted = ReaderFilter(publication.id, state=SubscriptionState(state) if state else None)
    for piece in csv_pieces(wanted, topic_names=names):
        click.echo(piece.encode(), nl=False)


@subscribers.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@json_option
def erase(email: str, yes: bool, as_json: bool) -> None:
    """Erase the reader with the address EMAIL for good, on her request.

    Address, name, network addresses and whatever else says who she was are blanked everywhere.
    Counts of what was sent stay. A keyed hash of the address is kept, so that no import and no
    form can have her mailed again. Backups keep what they hold until they expire; lists that you
    imported, and the FILE.errors.csv beside them, are yours to delete.

    Exits 1 if nobody has this address.
    """
    if find_subscriber(email=email) is None:
        raise click.ClickException("Nobody has this address; perhaps it was erased before.")
    if not yes and sys.stdin.isatty():
        click.confirm("Erase this reader for good? Nothing brings her back.", abort=True, err=True)
    now = utc_now()
    with unit_of_work():
        erased = erase_everywhere(email=email, now=now)
        number = erased.subscriber_id if erased else None
        audit.record(
            "reader_erased", staff=None, now=now, object_kind="subscriber", object_id=number
        )
    count = len(erased.subscription_ids) if erased else 0
    if as_json:
        print_json({"subscriber_id": number, "subscriptions": count})
    else:
        click.echo(f"Erased reader {number}; {count} of her subscriptions ended.")
