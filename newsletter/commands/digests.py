"""Commands about digests: compose, send, watch, stop."""

from typing import Any

import click

from newsletter.clock import utc_now
from newsletter.commands.digests_preflight import preflight
from newsletter.commands.digests_status import named_digest, status
from newsletter.commands.output import (
    CommandGroup,
    json_option,
    named_publication,
    print_json,
    print_table,
)
from newsletter.deliveries.control import (
    cancel_digest,
    pause_digest,
    release_batches,
    resume_digest,
)
from newsletter.digests.audience import DueReaders
from newsletter.digests.listing import list_digests
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.preflight_gate import blocking_errors, check_before_sending, send_anyway
from newsletter.digests.publish import NO_ARTICLES, articles_by_id, carried_candidates
from newsletter.digests.publishing import release_publishing
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.publications.models import Cadence
from newsletter.unit_of_work import unit_of_work

digests = CommandGroup("digests", help="Digests: compose, send, watch, stop.")
digests.add_command(status)
digests.add_command(preflight)

cadence_option = click.option(
    "--cadence",
    type=click.Choice([cadence.value for cadence in Cadence]),
    help="Readers of this cadence; else of the publication's own.",
)


@digests.command("compose")
@click.argument("publication")
@cadence_option
@json_option
def compose(publication: str, cadence: str | None, as_json: bool) -> None:
    """Make a draft of what the readers of PUBLICATION would get now; nothing is sent yet."""
    now = utc_now()
    with unit_of_work():
        found = named_publication(publication)
        chosen = Cadence(cadence) if cadence else found.default_cadence
        digest = draft_by_hand(publication_id=found.id, cadence=chosen, now=now)
        ids = [one.id for one in carried_candidates(digest, now=now)]
        if not ids:
            raise click.ClickException(f"There is nothing to send: {NO_ARTICLES}.")
        titles = [article.title for article in articles_by_id(ids).values()]
        readers = DueReaders(
            publication_id=found.id, cadence=chosen, upto=digest.position_upto, now=now
        ).count()
    facts = {"id": digest.id, "cadence": chosen.value, "articles": titles, "readers": readers}
    if as_json:
        print_json(facts)
        return
    click.echo(f"Digest {digest.id}, {chosen.value}, for {_readers(readers)}:")
    for title in titles:
        click.echo(f"  {title}")
    click.echo(f"Send it with: flask digests send {digest.id}")


@digests.command("send")
@click.argument("id", type=int)
@click.option("--anyway", is_flag=True, help="In spite of what preflight finds, where that may be.")
@json_option
def send(id: int, anyway: bool, as_json: bool) -> None:
    """Hand the draft ID to the workers, who send it; or with --anyway one that is held."""
    now = utc_now()
    if not anyway:
        check_before_sending(digest=named_digest(id), now=now)
    with unit_of_work():
        digest = named_digest(id)
        if anyway:
            send_anyway(digest=digest, errors=blocking_errors(digest, now=now))
        else:
            send_now(digest=digest)
    _answer(id, as_json, f"Digest {id} goes out. Follow it with: flask digests status {id} --watch")


@digests.command("pause")
@click.argument("id", type=int)
@json_option
def pause(id: int, as_json: bool) -> None:
    """Stop sending digest ID for now; what waits stays as it is."""
    with unit_of_work():
        pause_digest(digest=named_digest(id), now=utc_now())
    _answer(id, as_json, f"Digest {id} is paused. Go on with: flask digests resume {id}")


@digests.command("resume")
@click.argument("id", type=int)
@json_option
def resume(id: int, as_json: bool) -> None:
    """Go on sending digest ID where it was paused."""
    with unit_of_work():
        resume_digest(digest=named_digest(id), now=utc_now())
    _answer(id, as_json, f"Digest {id} goes on.")


@digests.command("release")
@click.argument("id", type=int)
@json_option
def release(id: int, as_json: bool) -> None:
    """Try once more what workers died of: the publishing of digest ID, or batches of it."""
    with unit_of_work():
        digest = named_digest(id)
        whole, batches = release_publishing(digest=digest), release_batches(digest=digest)
    count = "1 batch" if batches == 1 else f"{batches:,} batches"
    released = "released, to be published again" if whole else f"{count} released"
    _answer(id, as_json, f"Digest {id}: {released}.")


@digests.command("cancel")
@click.argument("id", type=int)
@click.option("--reason", default="cancelled by command", show_default=True, help="Kept with it.")
@json_option
def cancel(id: int, reason: str, as_json: bool) -> None:
    """Send digest ID to nobody else; mail that has left cannot be called back."""
    with unit_of_work():
        left_out = cancel_digest(digest=named_digest(id), reason=reason, now=utc_now())
    told = f"; {_readers(left_out)} will not get it" if left_out else ""
    _answer(id, as_json, f"Digest {id} is cancelled{told}.")


@digests.command("list")
@click.option("--publication", "slug", required=True, metavar="SLUG", help="Whose digests.")
@click.option(
    "--state",
    type=click.Choice([state.value for state in DigestState]),
    help="Only digests that stand there.",
)
@click.option("--own-hours", is_flag=True, help="Also those that went only at readers' own hours.")
@click.option("--limit", type=click.IntRange(1, 1000), default=25, show_default=True)
@json_option
def show(slug: str, state: str | None, own_hours: bool, limit: int, as_json: bool) -> None:
    """List the newest digests of a publication; those that had nothing to send are left out."""
    page = list_digests(
        publication_id=named_publication(slug).id,
        state=DigestState(state) if state else None,
        with_own_hours=own_hours,
        limit=limit,
    )
    rows = [_described(digest) | {"word": digest.word} for digest in page.digests]
    if as_json:
        print_json([_described(digest) for digest in page.digests])
    elif not rows:
        click.echo("There is no digest yet.")
    else:
        columns = ("id", "word", "due", "state", "readers", "title")
        headings = ("Id", "Cadence", "Due", "State", "Readers", "Title")
        print_table(headings, [tuple(_cell(row[name]) for name in columns) for row in rows])


def _answer(digest_id: int, as_json: bool, sentence: str) -> None:
    if as_json:
        print_json(_described(named_digest(digest_id)))
    else:
        click.echo(sentence)


def _readers(count: int) -> str:
    return "1 reader" if count == 1 else f"{count:,} readers"


def _described(digest: Digest) -> dict[str, Any]:
    paused = digest.state is DigestState.SENDING and digest.paused_at is not None
    return {
        "id": digest.id,
        "kind": digest.kind.value,
        "cadence": digest.cadence.value,
        "due": digest.slot,
        "state": digest.state.value,
        "paused": paused,
        "at_own_hours": digest.at_own_hours,
        "reason": digest.reason,
        "readers": digest.candidates,
        "title": digest.title,
    }


def _cell(value: Any) -> str:
    return value.strftime("%Y-%m-%d %H:%M UTC") if hasattr(value, "strftime") else str(value)
