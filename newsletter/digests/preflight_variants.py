"""Preflight over the variants of a digest: those that would be mailed, or were rendered already."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.link_checks import answers_to
from newsletter.articles.models import Article
from newsletter.articles.resolve_link import LinkAnswer
from newsletter.digests.budget import MailTooLarge, starting_treatments
from newsletter.digests.compose import choose, new_ones
from newsletter.digests.links_ahead import links_of
from newsletter.digests.models import Digest, DigestKind, Treatment, Variant
from newsletter.digests.own_words import own_links
from newsletter.digests.preflight import Carried, Finding, Level, Mend, Specimen, each_once
from newsletter.digests.preflight_content import too_large
from newsletter.digests.preflight_examine import examine
from newsletter.digests.preflight_sender import check_sender
from newsletter.digests.publish import articles_by_id, carried_candidates
from newsletter.digests.render import address_of
from newsletter.digests.variants import missing_groups, render_variant
from newsletter.extensions import db
from newsletter.mail.html import UnusableMarkup
from newsletter.mail.markers import Markers
from newsletter.subscriptions.models import Subscription, SubscriptionState

#: Variants examined before a sending; each takes some 50 ms. Those that together carry every
#: article in every language and length come first, so that the rest would hardly tell more.
MOST_EXAMINED = 50

#: Language and articles, in the order of the mail.
Key = tuple[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Examination:
    """What is wrong with a digest, and in how many of its variants it was looked for."""

    findings: tuple[Finding, ...]
    examined: int
    variants: int


def examine_digest(
    *, digest: Digest, now: datetime, most: int = MOST_EXAMINED, with_proof: bool = True
) -> Examination:
    """Examine the stored variants, or before there are any what readers would get now.

    Args:
        with_proof: also what a reader of every topic would get, be there one or not.
    """
    stored = list(_stored(digest, most=most))
    keys = [] if stored else _keys(digest, now=now, with_proof=with_proof)
    articles = articles_by_id(sorted({one for _, ids in keys for one in ids}))
    chosen = _telling_first(digest, keys, articles)[:most]
    known = _Known(digest, articles, now=now)
    found = [finding for variant in stored for finding in _examine_stored(variant, now=now)]
    for language, ids in chosen:
        found += _examine_rendered(digest, language, ids, known)
    if stored or chosen:
        found += check_sender(digest.publication)
    total = _count_stored(digest) if stored else len(keys)
    return Examination(tuple(each_once(found)), len(stored) or len(chosen), total)


class _Known:
    """What is known of a digest's articles and links, asked once for all variants."""

    def __init__(self, digest: Digest, articles: Mapping[int, Article], *, now: datetime) -> None:
        self.carried = {address_of(one): Carried(one.id, one.title) for one in articles.values()}
        sites = {one.publication.site_url for one in articles.values()}
        self.own = own_links(digest)
        self.links: dict[str, LinkAnswer] = answers_to(
            [*links_of(articles.values()), *self.own, *sites], now=now
        )


def _examine_rendered(
    digest: Digest, language: str, ids: tuple[int, ...], known: _Known
) -> list[Finding]:
    markers = Markers.fresh()
    try:
        mail = render_variant(digest=digest, article_ids=ids, language=language, markers=markers)
    except MailTooLarge:
        return [too_large()]
    except UnusableMarkup as error:
        return [Finding("markup", Level.ERROR, str(error), Mend.OPERATOR, overrulable=False)]
    return examine(
        Specimen(
            subject=mail.subject,
            html=mail.html,
            text=mail.text,
            markers=markers,
            articles=known.carried,
            links=known.links,
            own=known.own,
        )
    )


def _examine_stored(variant: Variant, *, now: datetime) -> list[Finding]:
    ids = [int(one) for one in variant.article_ids.split(",") if one]
    known = _Known(variant.digest, articles_by_id(ids), now=now)
    return examine(
        Specimen(
            subject=variant.subject,
            html=variant.html,
            text=variant.text,
            markers=Markers(variant.nonce),
            articles=known.carried,
            links=known.links,
            own=known.own,
        )
    )


def _stored(digest: Digest, *, most: int) -> Iterable[Variant]:
    return db.session.scalars(
        sa.select(Variant).where(Variant.digest_id == digest.id).order_by(Variant.id).limit(most)
    )


def _count_stored(digest: Digest) -> int:
    count = sa.select(sa.func.count()).where(Variant.digest_id == digest.id)
    return int(db.session.scalars(count).one())


def _keys(digest: Digest, *, now: datetime, with_proof: bool) -> list[Key]:
    """Return the distinct variants that would be rendered now."""
    carried = carried_candidates(digest, now=now)
    if not carried:
        return []
    if digest.kind is DigestKind.CORRECTION:
        every = tuple(one.id for one in carried)
        return [(language, every) for language in _languages(digest)]
    found: list[Key] = []
    if with_proof:
        shown = new_ones(carried, after=digest.position_from)
        found.append((digest.publication.language, tuple(one.id for one in shown)))
    for group in missing_groups(digest=digest, now=now):
        ids = choose(carried, cursor=group.cursor, topics=group.topics)
        if ids:
            found.append((group.language, ids))
    return list(dict.fromkeys(found))


def _languages(digest: Digest) -> list[str]:
    spoken = sa.select(Subscription.language).where(
        Subscription.publication_id == digest.publication_id,
        Subscription.state == SubscriptionState.CONFIRMED,
    )
    return sorted({digest.publication.language, *db.session.scalars(spoken.distinct())})


def _telling_first(digest: Digest, keys: list[Key], articles: Mapping[int, Article]) -> list[Key]:
    """Put those first that carry an article as no variant before them does."""
    seen: set[tuple[str, int, Treatment]] = set()
    telling: list[Key] = []
    others: list[Key] = []
    for key in keys:
        shapes = set(_shapes(digest, key, articles))
        (others if shapes <= seen else telling).append(key)
        seen |= shapes
    return telling + others


def _shapes(
    digest: Digest, key: Key, articles: Mapping[int, Article]
) -> Iterator[tuple[str, int, Treatment]]:
    language, ids = key
    minutes = [articles[one].reading_minutes for one in ids if one in articles]
    treatments = starting_treatments(digest.cadence, minutes)
    for article_id, treatment in zip(ids, treatments, strict=False):
        yield language, article_id, treatment
