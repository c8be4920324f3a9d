"""Addresses of reader pages, as templates ask for them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g, url_for

from newsletter.articles.models import Article
from newsletter.articles.own_pictures import picture_url
from newsletter.config import settings
from newsletter.publications.find import default_publication, default_publication_id
from newsletter.publications.models import Publication, Topic
from newsletter.web.theme import theme_url

_FIRST = "first_publication_id"


def signup_url(publication: Publication) -> str:
    """Return the signup page; the first publication's is the front page."""
    if is_default(publication):
        return url_for("signup.front_page")
    return url_for("signup.publication_page", slug=publication.slug)


def archive_url(publication: Publication, **parameters: object) -> str:
    """Return the archive of one publication."""
    return _archive_page("archive.digest_list", publication, **parameters)


def topics_url(publication: Publication) -> str:
    """Return the list of a publication's topics."""
    return _archive_page("topics.topic_list", publication)


def topic_url(topic: Topic, publication: Publication, **parameters: object) -> str:
    """Return the articles of a topic."""
    return _archive_page("topics.topic", publication, slug=topic.slug, **parameters)


def topic_feed_url(topic: Topic, publication: Publication) -> str:
    """Return the Atom feed of a topic."""
    return _archive_page("atom.topic_feed", publication, slug=topic.slug)


def search_url(publication: Publication, **parameters: object) -> str:
    """Return the search of a publication's articles."""
    return _archive_page("search.search", publication, **parameters)


def comment_url(article: Article) -> str:
    """Return where the publisher's page takes comments, empty if we do not know the page."""
    return article.comments_url or (f"{article.link}#respond" if article.link else "")


def host(url: str) -> str:
    """Return the name of a site: "paper.example.org"."""
    return urlsplit(url).netloc.removeprefix("www.")


def base_url() -> str:
    """Return the configured public address, whatever Host a request claimed."""
    return settings.base_url


def first_publication() -> Publication | None:
    """Return the publication of the front page, and remember which it is for this request."""
    first = default_publication()
    g.first_publication_id = first.id if first else None
    return first


def is_default(publication: Publication) -> bool:
    """Say whether a publication is the one meant where an address names none.

    The first created stays the first, so nobody is asked about it again.
    """
    known = current_app.extensions
    if known.get(_FIRST) == publication.id:
        return True
    if _FIRST not in g:
        g.first_publication_id = known[_FIRST] = default_publication_id()
    return bool(g.first_publication_id == publication.id)


def _archive_page(endpoint: str, publication: Publication, **parameters: object) -> str:
    named = None if is_default(publication) else publication.slug
    values: dict[str, Any] = {"publication": named, **parameters}
    return url_for(endpoint, **values)


#: What templates can call.
GLOBALS: dict[str, Callable[..., object]] = {
    "signup_url": signup_url,
    "archive_url": archive_url,
    "topics_url": topics_url,
    "topic_url": topic_url,
    "topic_feed_url": topic_feed_url,
    "search_url": search_url,
    "is_default": is_default,
    "comment_url": comment_url,
    "theme_url": theme_url,
    "base_url": base_url,
    "picture_url": picture_url,
}
