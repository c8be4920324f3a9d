"""When the last digest of a publication went out."""

from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.models import Feed
from newsletter.digests.models import Digest, DigestKind
from newsletter.extensions import db
from newsletter.publications.models import Cadence


def last_digest_at(*, feed_id: int) -> datetime | None:
    """Return when the last digest by the clock of a feed's publication went out, if one did.

    Instant digests follow their articles: no article comes too late for them. Those at readers'
    own hours go all day long; each article would come too late for one of them.
    """
    last: datetime | None = db.session.scalar(
        sa.select(sa.func.max(Digest.published_at))
        .join(Feed, Feed.publication_id == Digest.publication_id)
        .where(Feed.id == feed_id, Digest.kind == DigestKind.DIGEST)
        .where(Digest.cadence != Cadence.INSTANT, Digest.at_own_hours.is_(False))
        .where(Digest.by_hand.is_(False))
    )
    return last
