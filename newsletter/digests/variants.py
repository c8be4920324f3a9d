"""Variants: each distinct set of articles is rendered once, however many readers get it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.find import related_articles
from newsletter.articles.models import Article
from newsletter.config import settings
from newsletter.database import insert_missing, insert_missing_rows
from newsletter.digests.choices import arrange, choices_of, wished_treatments
from newsletter.digests.compose import Candidate, candidates_between, choose
from newsletter.digests.counted_links import LinkBook, store_links
from newsletter.digests.frozen import as_frozen, edited_since
from newsletter.digests.models import Audience, Digest, DigestKind, Revision, Variant
from newsletter.digests.own_hours import due_for
from newsletter.digests.publish import articles_by_id
from newsletter.digests.render import RenderedDigest, address_of, render_digest
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
    statement = due_for(digest, now=now).select(*columns)
    rows = db.session.execute(statement.where(~prepared).distinct().limit(GROUPS_FOUND))
    return [Group(*row) for row in rows]


def render_groups(*, digest: Digest, groups: Sequence[Group]) -> list[RenderedGroup]:
    """Render what each group gets and no earlier group got; writes nothing.

    The lowest cursor is that of these groups: to look for it among all who are due would take as
    long as the rest of a fan-out, each time.
    """
    lowest = min((group.cursor for group in groups), default=digest.position_upto)
    weighed = candidates_between(digest.publication_id, after=lowest, upto=digest.position_upto)
    carried = arrange(weighed, choices_of(digest))
    known = set(_variant_ids(digest))
    edited = edited_since(digest)
    out = []
    for group in groups:
        ids = choose(carried, cursor=group.cursor, topics=group.topics)
        key = (group.language, _hash(ids))
        fresh = bool(ids) and key not in known
        known.add(key)
        out.append(
            _rendered(digest, group, ids, edited) if fresh else RenderedGroup(group, ids, None)
        )
    return out


def store_groups(*, digest: Digest, rendered: Sequence[RenderedGroup]) -> None:
    """Store variants and audiences; one stored by somebody else in between stays."""
    store_variants(digest=digest, rendered=rendered)
    variant_ids = _variant_ids(digest)
    audiences = [
        {
            "digest_id": digest.id,
            "cursor": one.group.cursor,
            "topics": one.group.topics,
            "language": one.group.language,
            "variant_id": variant_ids[one.group.language, _hash(one.article_ids)]
            if one.article_ids
            else None,
        }
        for one in rendered
    ]
    unique = ["digest_id", "cursor", "topics", "language"]
    insert_missing_rows(db.session(), Audience, audiences, unique=unique)


def store_variants(*, digest: Digest, rendered: Sequence[RenderedGroup]) -> None:
    """Store what was rendered; one stored by somebody else in between stays."""
    for one in rendered:
        if one.rendered is not None:
            insert_missing(
                db.session(),
                Variant,
                _variant_values(digest, one, one.rendered),
                unique=["digest_id", "language", "article_ids_hash"],
            )
    links = {link for one in rendered if one.rendered for link in one.rendered.links}
    store_links(digest=digest, links=links)


def render_in(*, digest: Digest, languages: Sequence[str]) -> list[RenderedGroup]:
    """Render a correction in each of some languages; writes nothing."""
    ids = tuple(one.article_id for one in digest.articles)
    edited = edited_since(digest)
    groups = [Group(cursor=0, topics=frozenset(), language=language) for language in languages]
    return [_rendered(digest, group, ids, edited) for group in groups]


def render_for_all(
    *, digest: Digest, candidates: Sequence[Candidate], markers: Markers, language: str = ""
) -> RenderedDigest:
    """Render a digest with these articles for staff; empty language: the publication's."""
    ids = tuple(one.id for one in candidates)
    return render_variant(
        digest=digest,
        article_ids=ids,
        language=language or digest.publication.language,
        markers=markers,
    )


def render_variant(
    *, digest: Digest, article_ids: tuple[int, ...], language: str, markers: Markers
) -> RenderedDigest:
    """Render what readers of a language get who get these articles."""
    return _render(digest, article_ids, language, markers, edited_since(digest))


def web_url(digest: Digest) -> str:
    """Return the address of the digest's page in the archive; a correction has only its article."""
    if digest.kind is DigestKind.CORRECTION:
        return address_of(digest.articles[0].article)
    return f"{settings.base_url}/archive/{digest.slug}"


def _rendered(
    digest: Digest, group: Group, ids: tuple[int, ...], edited: Mapping[int, Revision]
) -> RenderedGroup:
    markers = Markers.fresh()
    counted = LinkBook(digest.id) if digest.publication.counts_clicks else None
    rendered = _render(digest, ids, group.language, markers, edited, counted)
    return RenderedGroup(group, ids, rendered, markers.nonce)


def _render(
    digest: Digest,
    ids: tuple[int, ...],
    language: str,
    markers: Markers,
    edited: Mapping[int, Revision],
    counted: LinkBook | None = None,
) -> RenderedDigest:
    articles = as_frozen(articles_by_id(list(ids)).values(), edited)
    return render_digest(
        publication=digest.publication,
        digest=digest,
        items=list(zip(articles, wished_treatments(digest, articles), strict=True)),
        language=language,
        markers=markers,
        web_url=web_url(digest),
        related=_related_to(digest, ids),
        counted=counted,
    )


def _related_to(digest: Digest, ids: tuple[int, ...]) -> list[Article]:
    """Return what a mail of a single article points to besides; a front page has enough to read."""
    if len(ids) > 1 or digest.kind is DigestKind.CORRECTION:
        return []
    return related_articles(db.session.get_one(Article, ids[0]))


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


def _variant_ids(digest: Digest) -> dict[tuple[str, str], int]:
    """Return the variants there are, by language and the hash of their articles."""
    columns = (Variant.language, Variant.article_ids_hash, Variant.id)
    rows = db.session.execute(sa.select(*columns).where(Variant.digest_id == digest.id))
    return {(language, articles): variant_id for language, articles, variant_id in rows}


def _hash(ids: tuple[int, ...]) -> str:
    return hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()
