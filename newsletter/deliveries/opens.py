"""Opens of readers who consented: noted in Redis within the request, added up each minute.

A request writes no row and needs no database. What is noted waits for a minute, so that the row
says by then when the mail went out; then it is a count of the digest and the day of a sign of life.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.database import insert_missing
from newsletter.deliveries.models import ACCEPTED, Delivery
from newsletter.deliveries.open_kinds import OpenKind, kind_of
from newsletter.deliveries.open_models import OpenCount
from newsletter.digests.clicks import Visit
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.subscriptions.signs import see
from newsletter.waiting_notes import WaitingNotes

WAITING = WaitingNotes("opens")
#: Nobody opens a mail so soon after it left us; a scanner on its way does.
SOON = timedelta(seconds=10)
#: Deliveries looked up together.
SLICE = 500


def note_open(*, delivery_id: int, visit: Visit, now: datetime) -> None:
    """Note an open; never raises, since somebody waits for the picture."""
    noted = f"{now.timestamp():.0f} {delivery_id} {kind_of(visit).value}"
    WAITING.attempt(lambda: WAITING.push(noted))


@dataclass(frozen=True, slots=True)
class _Open:
    at: datetime
    delivery_id: int
    kind: OpenKind

    @classmethod
    def read(cls, text: str) -> "_Open":
        at, delivery_id, kind = text.split(" ")
        return cls(datetime.fromtimestamp(int(at), UTC), int(delivery_id), OpenKind(kind))


@dataclass(slots=True)
class TakenOpens:
    """What has settled, on its way into the rows."""

    settled: int = 0  # of those that wait, from the oldest on
    people: Counter[int] = field(default_factory=Counter)  # by digest
    machines: Counter[int] = field(default_factory=Counter)
    seen: dict[date, set[int]] = field(default_factory=lambda: defaultdict(set))  # by day


def take_opens(*, now: datetime) -> TakenOpens | None:
    """Return the opens of a minute ago and older; None while another worker has them in hand.

    They stay in Redis until `forget_opens`. One mail's opens of one kind count once together.
    """
    waiting = WAITING.take(now=now)
    if waiting is None:
        return None
    taken = TakenOpens(settled=waiting.settled)
    opens = [_Open.read(line) for line in waiting.lines[: taken.settled]]
    once = {(one.delivery_id, one.kind): one for one in reversed(opens)}
    for some in _slices(list(once.values())):
        for one, row in _allowed(some):
            _judge(one, row, taken)
    return taken


def add_opens(taken: TakenOpens) -> None:
    """Add them to their digests, and let the readers be seen."""
    for digest_id in sorted(taken.people.keys() | taken.machines.keys()):
        insert_missing(db.session(), OpenCount, {"digest_id": digest_id}, unique=["digest_id"])
        db.session.execute(
            sa.update(OpenCount)
            .where(OpenCount.digest_id == digest_id)
            .values(
                opens=OpenCount.opens + taken.people[digest_id],
                machine_opens=OpenCount.machine_opens + taken.machines[digest_id],
            )
            .execution_options(synchronize_session=False)
        )
    for day, subscription_ids in sorted(taken.seen.items()):
        for some in _slices(sorted(subscription_ids)):
            see(subscription_ids=some, day=day)


def forget_opens(taken: TakenOpens) -> None:
    """Take them out of Redis, once they are in the rows."""
    WAITING.forget(taken.settled)


def _slices(all_of_them: list[Any]) -> Iterator[list[Any]]:
    return (all_of_them[at : at + SLICE] for at in range(0, len(all_of_them), SLICE))


def _allowed(opens: Sequence[_Open]) -> Iterator[tuple[_Open, Any]]:
    """Pair the opens of readers who consent now, and did then, with what is known of the mail."""
    found = db.session.execute(
        sa.select(
            Delivery.id,
            Delivery.digest_id,
            Delivery.subscription_id,
            Delivery.sent_at,
            SignOfLife.allowed_at,
        )
        .join(SignOfLife, SignOfLife.subscription_id == Delivery.subscription_id)
        .join(Digest, Digest.id == Delivery.digest_id)
        .join(Publication, Publication.id == Digest.publication_id)
        .where(Delivery.id.in_([one.delivery_id for one in opens]))
        .where(Delivery.state.in_(ACCEPTED), Publication.counts_opens)
    )
    rows = {row.id: row for row in found}
    for one in opens:
        row = rows.get(one.delivery_id)
        if row is not None and one.at >= row.allowed_at:
            yield one, row


def _judge(one: _Open, row: Any, taken: TakenOpens) -> None:
    is_soon = row.sent_at is None or one.at < row.sent_at + SOON
    if one.kind is OpenKind.PERSON and not is_soon:
        taken.people[row.digest_id] += 1
    else:
        taken.machines[row.digest_id] += 1
    if one.kind is not OpenKind.MACHINE and not is_soon:
        taken.seen[one.at.date()].add(row.subscription_id)
