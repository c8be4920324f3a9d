"""The command that tells how far a digest is, once or until it is done."""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from newsletter.clock import utc_now
from newsletter.commands.output import json_option, print_json
from newsletter.deliveries.progress import Progress, progress
from newsletter.deliveries.recent_progress import recent_progress
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.publishing import is_quarantined
from newsletter.extensions import db

#: Seconds between two looks.
WATCH_SECONDS = 1.0

ENDED = (DigestState.SENT, DigestState.CANCELLED)


@click.command("status")
@click.argument("id", type=int)
@click.option("--watch", is_flag=True, help="Look again each second until it is done.")
@json_option
def status(id: int, watch: bool, as_json: bool) -> None:
    """Tell how far digest ID is, from the record of its deliveries alone.

    Sent means accepted by the next mail server, never more.
    """
    digest, found = _look(id)
    if watch:
        digest, found = _watch(id, digest, found, quiet=as_json)
    if as_json:
        print_json(_facts(digest, found))
        return
    for line in _lines(digest, found):
        click.echo(line)


def named_digest(digest_id: int) -> Digest:
    """Return the digest that the operator named, or refuse."""
    digest = db.session.get(Digest, digest_id)
    if digest is None:
        raise click.ClickException(f"There is no digest {digest_id}.")
    return digest


def _look(digest_id: int, *, count: Callable[..., Progress] = progress) -> tuple[Digest, Progress]:
    db.session.rollback()  # a new transaction sees what workers wrote meanwhile
    digest = named_digest(digest_id)
    return digest, count(digest, now=utc_now())


def _watch(
    digest_id: int, digest: Digest, found: Progress, *, quiet: bool
) -> tuple[Digest, Progress]:
    """Look again until the digest ends; a draft waits for a person and is not waited for."""
    shown = ""
    while digest.state not in (*ENDED, DigestState.DRAFT):
        line = _short(digest, found)
        if line != shown and not quiet:
            _show(line, before=shown)
        shown = line
        time.sleep(WATCH_SECONDS)
        digest, found = _look(digest_id, count=recent_progress)
    if shown and not quiet and sys.stderr.isatty():
        click.echo(err=True)
    return digest, found


def _show(line: str, *, before: str) -> None:
    """Overwrite the line at a terminal; elsewhere each change is a line of its own."""
    if sys.stderr.isatty():
        click.echo(f"\r{line:<{len(before)}}", err=True, nl=False)
    else:
        click.echo(line, err=True)


def _short(digest: Digest, found: Progress) -> str:
    seconds = _seconds_left(digest, found)
    left = f", about {_duration(seconds)} left" if seconds else ""
    waiting = f" – {found.waiting_for[0]}" if found.waiting_for else ""
    return (
        f"{_state(digest)}: {found.sent:,} of {found.candidates:,} sent, "
        f"{found.queued + found.deferred:,} wait{left}{waiting}"
    )


def _lines(digest: Digest, found: Progress) -> list[str]:
    lines = [
        f"Digest {digest.id}, {digest.word}: {digest.title or '(no title yet)'}",
        f"  state     {_state(digest)}",
        f"  readers   {found.candidates:,}",
        f"  queued    {found.queued:,}",
        f"  sent      {found.sent:,}",
        f"  deferred  {found.deferred:,}",
        f"  failed    {found.failed:,}",
        f"  skipped   {found.skipped_total:,}{_reasons(found)}",
    ]
    if is_quarantined(digest):
        lines.append(
            f"  held      workers began {digest.publish_attempts} times to publish it and got "
            f"nowhere: flask digests release {digest.id}"
        )
    if found.quarantined:
        lines.append(
            f"  held      {found.quarantined:,} quarantined: flask digests release {digest.id}"
        )
    if found.in_doubt:
        lines.append(f"  in doubt  {found.in_doubt:,}, perhaps sent twice")
    if found.rate_per_second and not _is_paused(digest):
        lines.append(f"  rate      {found.rate_per_second:,.1f} a second")
    if seconds := _seconds_left(digest, found):
        lines.append(f"  left      about {_duration(seconds)}")
    return [*lines, *(f"  waits: {note}" for note in found.waiting_for)]


def _facts(digest: Digest, found: Progress) -> dict[str, Any]:
    return {
        "id": digest.id,
        "kind": digest.kind.value,
        "cadence": digest.cadence.value,
        "state": digest.state.value,
        "paused": digest.paused_at is not None,
        "reason": digest.reason,
        "title": digest.title,
        **asdict(found),
        "publishing_quarantined": is_quarantined(digest),
        "done": digest.state in ENDED,
    }


def _state(digest: Digest) -> str:
    state = "paused" if _is_paused(digest) else digest.state.value
    return f"{state} ({digest.reason})" if digest.reason else state


def _seconds_left(digest: Digest, found: Progress) -> float:
    """Return the seconds left; 0: it ended, is paused, or nobody can tell."""
    is_over = digest.state in ENDED or _is_paused(digest)
    return 0.0 if is_over else found.seconds_left or 0.0


def _is_paused(digest: Digest) -> bool:
    return digest.state is DigestState.SENDING and digest.paused_at is not None


def _reasons(found: Progress) -> str:
    told = (f"{count:,} {reason.replace('_', ' ')}" for reason, count in found.skipped.items())
    return f" ({', '.join(told)})" if found.skipped else ""


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
