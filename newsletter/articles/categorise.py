"""Turn the categories of a feed into topics of its publication."""

from collections import Counter
from collections.abc import Sequence

from newsletter.articles.shapes import ParsedArticle
from newsletter.publications.models import Publication, Topic
from newsletter.publications.topics import topic_slug, topics_named

#: Of one article; more are search words, not categories.
MOST_CATEGORIES = 30

#: How many topics a publication offers without anybody choosing, and how many articles make one.
MOST_OFFERED = 8
ENOUGH_ARTICLES = 2


def topics_by_slug(
    publication: Publication, entries: Sequence[ParsedArticle], *, offering: bool
) -> dict[str, Topic]:
    """Return the topics of `entries`, creating the missing ones.

    `offering`: readers may choose those that are new and that several entries share.
    """
    before = {topic.slug for topic in publication.topics}
    room = MOST_OFFERED - len(publication.offered_topics)
    names = dict.fromkeys(name for entry in entries for name in _categories(entry))
    # A tag is a topic only where readers may choose it already: a site has hundreds of them.
    topics = {topic.slug: topic for topic in publication.offered_topics}
    topics |= {topic.slug: topic for topic in topics_named(publication, names)}
    if offering and room > 0:
        fresh = [slug for slug in _shared(entries) if slug not in before]
        for slug in fresh[:room]:
            topics[slug].offered = True
    return topics


def topics_of(entry: ParsedArticle, topics: dict[str, Topic]) -> list[Topic]:
    """Return the topics of one entry out of `topics_by_slug`."""
    tags = (topic_slug(name) for name in entry.tags)
    slugs = dict.fromkeys((*_slugs(entry), *(slug for slug in tags if slug in topics)))
    return [topics[slug] for slug in slugs]


def category_counts(entries: Sequence[ParsedArticle]) -> tuple[tuple[str, int], ...]:
    """Return each category with the number of its articles, the most used first."""
    uses = Counter(slug for entry in entries for slug in _slugs(entry))
    names: dict[str, str] = {}
    for entry in entries:
        for name in _categories(entry):
            names.setdefault(topic_slug(name), name)
    return tuple((names[slug], count) for slug, count in _most_used(uses))


def _shared(entries: Sequence[ParsedArticle]) -> list[str]:
    uses = Counter(slug for entry in entries for slug in _slugs(entry))
    return [slug for slug, count in _most_used(uses) if count >= ENOUGH_ARTICLES]


def _most_used(uses: Counter[str]) -> list[tuple[str, int]]:
    return sorted(uses.items(), key=lambda one: (-one[1], one[0]))


def _slugs(entry: ParsedArticle) -> list[str]:
    return list(dict.fromkeys(topic_slug(name) for name in _categories(entry)))


def _categories(entry: ParsedArticle) -> list[str]:
    return [name for name in entry.categories if name.strip()][:MOST_CATEGORIES]
