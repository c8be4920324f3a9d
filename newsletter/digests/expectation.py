"""What would happen if a draft went out now: how many readers, left out, and renderings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.digests.compose import choose
from newsletter.digests.models import Digest
from newsletter.digests.own_hours import due_for
from newsletter.digests.publish import carried_candidates
from newsletter.extensions import db
from newsletter.subscriptions.models import Subscription


@dataclass(frozen=True, slots=True)
class Expectation:
    """Readers who are due: those who get a mail, and those for whom it holds nothing."""

    mailed: int
    left_out: int
    variants: int

    @property
    def due(self) -> int:
        """Everybody the digest is weighed for."""
        return self.mailed + self.left_out


def expect(*, digest: Digest, now: datetime) -> Expectation:
    """Count as fan-out would, without writing anything."""
    carried = carried_candidates(digest, now=now)
    mailed = left_out = 0
    variants: set[tuple[str, tuple[int, ...]]] = set()
    for cursor, topics, language, readers in _groups(digest, now=now):
        ids = choose(carried, cursor=cursor, topics=topics)
        if ids:
            mailed += readers
            variants.add((language, ids))
        else:
            left_out += readers
    return Expectation(mailed=mailed, left_out=left_out, variants=len(variants))


def _groups(digest: Digest, *, now: datetime) -> Sequence[tuple[int, frozenset[int], str, int]]:
    alike = (Subscription.cursor, Subscription.topics, Subscription.language)
    statement = due_for(digest, now=now).select(*alike, sa.func.count())
    rows = db.session.execute(statement.group_by(*alike))
    return [(cursor, topics, language, readers) for cursor, topics, language, readers in rows]
