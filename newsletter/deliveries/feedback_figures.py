"""Bounces and complaints of a publication: by day, by digest, by domain, and the last ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from newsletter.deliveries.models import ACCEPTED, Delivery, DeliveryState, Feedback, FeedbackKind
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.subscriptions.models import Subscription

DAYS = 30
#: Rows of each table.
DIGESTS, DOMAINS, EVENTS = 10, 10, 30


@dataclass(slots=True)
class FeedbackCount:
    """How much came back, of one day, digest or domain."""

    hard: int = 0
    soft: int = 0
    complaints: int = 0

    def add(self, kind: FeedbackKind, count: int) -> None:
        """Count more of one kind."""
        if kind is FeedbackKind.HARD_BOUNCE:
            self.hard += count
        elif kind is FeedbackKind.SOFT_BOUNCE:
            self.soft += count
        else:
            self.complaints += count

    @property
    def total(self) -> int:
        """All of it."""
        return self.hard + self.soft + self.complaints


@dataclass(frozen=True, slots=True)
class DigestFeedback:
    """What came back of one digest, and of how many mails."""

    digest: Digest
    tried: int  # accepted by the next mail server, or refused for good
    count: FeedbackCount


def first_day(now: datetime) -> date:
    """Return the UTC day that the figures begin with; today is the last."""
    return now.astimezone(UTC).date() - timedelta(days=DAYS - 1)


def feedback_by_day(publication_id: int, *, now: datetime) -> list[tuple[date, FeedbackCount]]:
    """Return every UTC day of the last thirty, oldest first."""
    day = _utc_day(Feedback.at)
    rows = db.session.execute(
        _of(publication_id, now, day, Feedback.kind, sa.func.count()).group_by(day, Feedback.kind)
    )
    begin = first_day(now)
    found = {begin + timedelta(days=one): FeedbackCount() for one in range(DAYS)}
    for on, kind, count in rows:
        found[date.fromisoformat(on) if isinstance(on, str) else on].add(kind, count)
    return list(found.items())


def feedback_by_domain(publication_id: int, *, now: datetime) -> list[tuple[str, FeedbackCount]]:
    """Return the domains of readers that most came back from in thirty days."""
    rows = db.session.execute(
        _of(publication_id, now, Feedback.domain, Feedback.kind, sa.func.count())
        .where(Feedback.domain != "")
        .group_by(Feedback.domain, Feedback.kind)
    )
    found: dict[str, FeedbackCount] = {}
    for domain, kind, count in rows:
        found.setdefault(domain, FeedbackCount()).add(kind, count)
    return sorted(found.items(), key=lambda one: (-one[1].total, one[0]))[:DOMAINS]


def feedback_by_digest(publication_id: int) -> list[DigestFeedback]:
    """Return the digests that went out last, newest first, with what came back of each."""
    digests = db.session.scalars(
        sa.select(Digest)
        .where(Digest.publication_id == publication_id, Digest.fanned_out_at.is_not(None))
        .where(Digest.candidates > 0)
        .order_by(Digest.published_at.desc(), Digest.id.desc())
        .limit(DIGESTS)
    ).all()
    ids = [digest.id for digest in digests]
    tried = _tried(ids)
    counts = {digest_id: FeedbackCount() for digest_id in ids}
    rows = db.session.execute(
        sa.select(Feedback.digest_id, Feedback.kind, sa.func.count())
        .where(Feedback.digest_id.in_(ids))
        .group_by(Feedback.digest_id, Feedback.kind)
    )
    for digest_id, kind, count in rows:
        counts[digest_id].add(kind, count)
    return [DigestFeedback(one, tried.get(one.id, 0), counts[one.id]) for one in digests]


def last_feedback(publication_id: int) -> Sequence[Feedback]:
    """Return what came back last, newest first, with its digest and reader."""
    reader = joinedload(Feedback.delivery).joinedload(Delivery.subscription)
    statement = (
        sa.select(Feedback)
        .join(Digest, Digest.id == Feedback.digest_id)
        .where(Digest.publication_id == publication_id)
        .options(joinedload(Feedback.digest), reader.joinedload(Subscription.subscriber))
        .order_by(Feedback.at.desc(), Feedback.id.desc())
        .limit(EVENTS)
    )
    return db.session.scalars(statement).all()


def _of(publication_id: int, now: datetime, *columns: Any) -> sa.Select[Any]:
    begin = datetime.combine(first_day(now), time(), UTC)
    return (
        sa.select(*columns)
        .select_from(Feedback)
        .join(Digest, Digest.id == Feedback.digest_id)
        .where(Digest.publication_id == publication_id, Feedback.at >= begin, Feedback.at <= now)
    )


def _tried(digest_ids: list[int]) -> dict[int, int]:
    rows = db.session.execute(
        sa.select(Delivery.digest_id, sa.func.count())
        .where(Delivery.digest_id.in_(digest_ids))
        .where(Delivery.state.in_((*ACCEPTED, DeliveryState.FAILED)))
        .group_by(Delivery.digest_id)
    )
    return {digest_id: count for digest_id, count in rows}


def _utc_day(moment: sa.orm.InstrumentedAttribute[datetime]) -> sa.Function[date]:
    if db.engine.dialect.name == "postgresql":
        return sa.func.date(sa.func.timezone("UTC", moment))
    return sa.func.date(moment)
