"""Variants: each distinct set of articles is rendered once, however many readers get it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.config import settings
from newsletter.database import insert_missing
from newsletter.digests.audience import due_subscriptions
from newsletter.digests.budget import starting_treatments
from newsletter.digests.compose import Candidate, choose
from newsletter.digests.models import Audience, Digest, Variant
from newsletter.digests.own_hours import readers_of
from newsletter.digests.publish import articles_by_id, carried_candidates
from newsletter.digests.render import RenderedDigest, render_digest
from newsletter.extensions import db
from newsletter.mail.markers import Markers
from newsletter.subscriptions.models import Subscription

#: Groups found by one look at all who are due, which at a million readers takes a second.
GROUPS_FOUND = 1_000


@dataclass(frozen=True, slots=True)
class Group:
    """Readers who stand at the same cursor with the same topics and language."""

    cursor: int
    topics: frozenset[int]
    language: str


@dataclass(frozen=True, slots=True)
class RenderedGroup:
    """A group and the mail it gets; none if nothing in the digest is for it."""

    group: Group
    article_ids: tuple[int, ...]
    rendered: RenderedDigest | None
    nonce: str = ""


def missing_groups(*, digest: Digest, now: datetime) -> list[Group]:
    """Return some groups of due readers that have no audience yet; none: all are prepared."""
    prepared = sa.exists().where(
        Audience.digest_id == digest.id,
        Audience.cursor == Subscription.cursor,
        Audience.topics == Subscription.topics,
        Audience.language == Subscription.language,
    )
    columns = (Subscription.cursor, Subscription.topics, Subscription.language)
    statement = due_subscriptions(
        *columns,
        publication_id=digest.publication_id,
        cadence=digest.cadence,
        upto=digest.position_upto,
        now=now,
        whose=readers_of(digest),
    )
    rows = db.session.execute(statement.where(~prepared).distinct().limit(GROUPS_FOUND))
    return [Group(*row) for row in rows]


def render_groups(*, digest: Digest, groups: Sequence[Group], now: datetime) -> list[RenderedGroup]:
    """Render what each group gets and no earlier group got; writes nothing."""
    carried = carried_candidates(digest, now=now)
    seen: set[tuple[str, tuple[int, ...]]] = set()
    out = []
    for group in groups:
        ids = choose(carried, cursor=group.cursor, topics=group.topics)
        known = (group.language, ids) in seen or _variant_id(digest, group.language, ids)
        seen.add((group.language, ids))
        out.append(
            _rendered(digest, group, ids) if ids and not known else RenderedGroup(group, ids, None)
        )
    return out


def store_groups(*, digest: Digest, rendered: Sequence[RenderedGroup]) -> None:
    """Store variants and audiences; one stored by somebody else in between stays."""
    for one in rendered:
        if one.rendered is not None:
            insert_missing(
                db.session(),
                Variant,
                _variant_values(digest, one, one.rendered),
                unique=["digest_id", "language", "article_ids_hash"],
            )
        values = {
            "digest_id": digest.id,
            "cursor": one.group.cursor,
            "topics": one.group.topics,
            "language": one.group.language,
            "variant_id": _variant_id(digest, one.group.language, one.article_ids),
        }
        unique = ["digest_id", "cursor", "topics", "language"]
        insert_missing(db.session(), Audience, values, unique=unique)


def render_for_all(
    *, digest: Digest, candidates: Sequence[Candidate], markers: Markers
) -> RenderedDigest:
    """Render a digest as a reader of every topic would get it, for staff."""
    ids = tuple(one.id for one in candidates)
    return _render(digest, ids, digest.publication.language, markers)


def web_url(digest: Digest) -> str:
    """Return the address of the digest's page in the archive."""
    return f"{settings.base_url}/archive/{digest.slug}"


def _rendered(digest: Digest, group: Group, ids: tuple[int, ...]) -> RenderedGroup:
    markers = Markers.fresh()
    return RenderedGroup(group, ids, _render(digest, ids, group.language, markers), markers.nonce)


def _render(
    digest: Digest, ids: tuple[int, ...], language: str, markers: Markers
) -> RenderedDigest:
    articles = list(articles_by_id(list(ids)).values())
    minutes = [article.reading_minutes for article in articles]
    return render_digest(
        publication=digest.publication,
        digest=digest,
        items=list(zip(articles, starting_treatments(digest.cadence, minutes), strict=True)),
        language=language,
        markers=markers,
        web_url=web_url(digest),
    )


def _variant_values(
    digest: Digest, one: RenderedGroup, rendered: RenderedDigest
) -> dict[str, object]:
    return {
        "digest_id": digest.id,
        "language": one.group.language,
        "article_ids": ",".join(str(article_id) for article_id in one.article_ids),
        "article_ids_hash": _hash(one.article_ids),
        "subject": rendered.subject,
        "html": rendered.html,
        "text": rendered.text,
        "nonce": one.nonce,
    }


def _variant_id(digest: Digest, language: str, ids: tuple[int, ...]) -> int | None:
    if not ids:
        return None
    return db.session.scalar(
        sa.select(Variant.id).where(
            Variant.digest_id == digest.id,
            Variant.language == language,
            Variant.article_ids_hash == _hash(ids),
        )
    )


def _hash(ids: tuple[int, ...]) -> str:
    return hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()
