"""What programs that read the whole site are told: robots.txt (RFC 9309) and the sitemap."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from flask import Blueprint, Flask, Response, current_app, render_template, url_for

from newsletter.articles.by_topic import counted_topics
from newsletter.articles.find import articles_only_here
from newsletter.digests.archive import digest_pages
from newsletter.publications.find import all_publications
from newsletter.publications.models import Publication
from newsletter.web.access import Audience, declared_access, public
from newsletter.web.addresses import archive_url, base_url, signup_url, topic_url, topics_url
from newsletter.web.caching import kept

blueprint = Blueprint("crawlers", __name__)

HOUR_SECONDS = 3600

#: What one sitemap may hold (sitemaps.org). The oldest pages beyond it are left to links.
MOST_ADDRESSES = 50_000

#: Public, but nothing to be found by: endless results, a form for frames, what programs read.
ALSO_KEPT_OUT = ("/api/", "/embed/", "/search", "/subscribe")


@dataclass(frozen=True, slots=True)
class Place:
    """One address of the sitemap."""

    path: str
    changed_at: datetime | None = None


@blueprint.get("/robots.txt")
@public
def robots() -> Response:
    """Answer where crawlers may not go, and where the sitemap is."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in kept_out(current_app)),
        "",
        f"Sitemap: {base_url()}{url_for('crawlers.sitemap')}",
        "",
    ]
    return kept(Response("\n".join(lines), mimetype="text/plain"), seconds=HOUR_SECONDS)


@blueprint.get("/sitemap.xml")
@public
def sitemap() -> Response:
    """Answer the pages that are to be found here and not at a publisher's."""
    document = render_template("web/crawlers/sitemap.xml", places=islice(_places(), MOST_ADDRESSES))
    return kept(Response(document, mimetype="application/xml"), seconds=HOUR_SECONDS)


def kept_out(app: Flask) -> list[str]:
    """Return the areas of the addresses that are not for everybody, as the views declare them."""
    areas = set(ALSO_KEPT_OUT)
    for rule in app.url_map.iter_rules():
        access = declared_access(app, rule.endpoint)
        if access is None or access.audience is not Audience.PUBLIC:
            areas.add(f"/{rule.rule.split('/')[1]}/")
    return sorted(areas)


def _places() -> Iterator[Place]:
    """Yield the fixed pages of every publication, then what was published, the newest first."""
    publications = all_publications()
    for publication in publications:
        yield from _fixed_places(publication)
    for publication in publications:
        for slug, moment in digest_pages(publication, limit=MOST_ADDRESSES):
            yield Place(url_for("archive.digest", slug=slug), moment)
        for slug, moment in articles_only_here(publication, limit=MOST_ADDRESSES):
            yield Place(url_for("archive.article", slug=slug), moment)


def _fixed_places(publication: Publication) -> Iterator[Place]:
    yield Place(signup_url(publication))
    yield Place(archive_url(publication))
    yield Place(topics_url(publication))
    for count in counted_topics(publication):
        yield Place(topic_url(count.topic, publication), count.newest)
