"""Topics: the categories of articles, of which staff offer some to readers."""

import hashlib
from collections.abc import Iterable

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Publication, Topic
from newsletter.slugs import loses_letters, slug_of

LONGEST_NAME = 200
_LONGEST_WORDS = 100
_HASH_DIGITS = 8


def topic_slug(name: str) -> str:
    """Return the slug of the topic called `name`; case and marks do not count.

    A name whose letters a slug cannot show gets a short hash, so that two such names stay two
    topics.
    """
    name = _tidied(name)
    words = slug_of(name, longest=_LONGEST_WORDS)
    if words and not loses_letters(name):
        return words
    digits = hashlib.sha256(name.casefold().encode("utf-8", "replace")).hexdigest()
    return f"{words or 'topic'}-{digits[:_HASH_DIGITS]}"


def topics_named(publication: Publication, names: Iterable[str]) -> list[Topic]:
    """Return the topics of these names, each once; missing ones are created and not offered."""
    wanted: dict[str, str] = {}
    for name in filter(None, map(_tidied, names)):
        wanted.setdefault(topic_slug(name), name)
    if not wanted:
        return []
    found = {
        topic.slug: topic
        for topic in db.session.scalars(
            sa.select(Topic).where(
                Topic.publication_id == publication.id, Topic.slug.in_(wanted.keys())
            )
        )
    }
    missing = [slug for slug in wanted if slug not in found]
    for slug in missing:
        found[slug] = Topic(publication=publication, slug=slug, name=wanted[slug], offered=False)
        db.session.add(found[slug])
    if missing:
        db.session.flush()
    return [found[slug] for slug in wanted]


def _tidied(name: str) -> str:
    return " ".join(name.split())[:LONGEST_NAME]
