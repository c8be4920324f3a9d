"""Pictures for shared addresses: one per article, digest and publication, kept for good."""

from datetime import datetime

from flask import Blueprint, Response, abort, redirect, url_for
from flask.typing import ResponseReturnValue

from newsletter.articles.find import article_by_slug
from newsletter.articles.models import Article
from newsletter.digests.archive import digest_by_slug
from newsletter.digests.models import Digest
from newsletter.extensions import limiter
from newsletter.languages import speaking
from newsletter.publications.find import publication_by_slug
from newsletter.publications.models import Publication
from newsletter.web.access import public
from newsletter.web.addresses import base_url, host
from newsletter.web.archive import sent_at
from newsletter.web.caching import YEAR_SECONDS, kept
from newsletter.web.missing import Missing, missing
from newsletter.web.palette import palette
from newsletter.web.share_card import Card, draw
from newsletter.web.signup_limits import from_this_machine
from newsletter.web.words import digest_title, direction, local_day

blueprint = Blueprint("share", __name__, url_prefix="/share")

#: Pictures that one network, /24 or /64, may ask for; each takes a tenth of a second to draw.
PICTURES_PER_NETWORK = "60 per minute"

limited = limiter.limit(PICTURES_PER_NETWORK, exempt_when=from_this_machine)


@blueprint.get("/articles/<slug>/<mark>.png")
@public
@limited
def article(slug: str, mark: str) -> ResponseReturnValue:
    """Answer the picture of an article."""
    found = article_by_slug(slug) or missing(Missing.ARTICLE)
    return _picture(article_card(found), mark, url=article_picture(found))


@blueprint.get("/digests/<slug>/<mark>.png")
@public
@limited
def digest(slug: str, mark: str) -> ResponseReturnValue:
    """Answer the picture of a digest."""
    found = digest_by_slug(slug) or missing(Missing.DIGEST)
    return _picture(digest_card(found), mark, url=digest_picture(found))


@blueprint.get("/publications/<slug>/<mark>.png")
@public
@limited
def publication(slug: str, mark: str) -> ResponseReturnValue:
    """Answer the picture of a publication."""
    found = publication_by_slug(slug) or abort(404)
    return _picture(publication_card(found), mark, url=publication_picture(found))


def article_card(article: Article) -> Card:
    """Return what an article's picture says."""
    home = article.publication
    notes = (_day(article.published_at, home), host(home.site_url))
    return _card(home, article.title, notes)


def digest_card(digest: Digest) -> Card:
    """Return what a digest's picture says."""
    home = digest.publication
    notes = (_day(sent_at(digest), home), host(home.site_url))
    return _card(home, digest_title(digest), notes)


def publication_card(publication: Publication) -> Card:
    """Return what a publication's picture says."""
    notes = (host(publication.site_url),)
    return _card(publication, publication.tagline, notes)


def article_picture(article: Article) -> str:
    """Return the address of an article's picture; another title gives another one."""
    mark = article_card(article).mark
    return base_url() + url_for("share.article", slug=article.slug, mark=mark)


def digest_picture(digest: Digest) -> str:
    """Return the address of a digest's picture."""
    mark = digest_card(digest).mark
    return base_url() + url_for("share.digest", slug=digest.slug, mark=mark)


def publication_picture(publication: Publication) -> str:
    """Return the address of a publication's picture."""
    mark = publication_card(publication).mark
    return base_url() + url_for("share.publication", slug=publication.slug, mark=mark)


for picture in (article_picture, digest_picture, publication_picture):
    blueprint.add_app_template_global(picture)


def _day(moment: datetime, home: Publication) -> str:
    """Write a date in the publication's language: one picture serves pages in every language."""
    with speaking(home.language):
        return local_day(moment, home)


def _card(publication: Publication, title: str, notes: tuple[str, ...]) -> Card:
    return Card(
        name=publication.name,
        title=title,
        notes=notes,
        accent=palette(publication.accent).light.accent,
        rtl=direction(title or publication.name) == "rtl",
    )


def _picture(card: Card, mark: str, *, url: str) -> ResponseReturnValue:
    """Answer the drawn card; an address made before the words changed leads to the new one."""
    if mark != card.mark:
        return redirect(url)
    response = kept(Response(draw(card), mimetype="image/png"), seconds=YEAR_SECONDS)
    response.cache_control.immutable = True
    return response
