"""The archive: sent digests, and the articles they carried."""

from datetime import datetime

from flask import Blueprint, abort, make_response, render_template
from flask.typing import ResponseReturnValue

from newsletter.articles.find import article_by_slug, related_articles
from newsletter.articles.models import Article
from newsletter.articles.own_pictures import picture_url, text_with_own_pictures
from newsletter.digests.archive import digest_by_slug, sent_digests, web_articles
from newsletter.digests.models import Digest
from newsletter.digests.own_words import OwnWords
from newsletter.publications.find import default_publication, publication_by_slug
from newsletter.publications.models import Cadence, Publication
from newsletter.web.access import public
from newsletter.web.caching import kept
from newsletter.web.forms import query, query_cadence, query_page
from newsletter.web.language import speak_to
from newsletter.web.missing import Missing, missing
from newsletter.web.words import cadence_adjectives

blueprint = Blueprint("archive", __name__)

PAGE_LENGTH = 20


@blueprint.get("/archive/")
@public
def digest_list() -> ResponseReturnValue:
    """List the sent digests, the newest first."""
    publication = asked_publication()
    cadence, page = query_cadence(), query_page()
    digests = sent_digests(
        publication, limit=PAGE_LENGTH + 1, cadence=cadence, offset=(page - 1) * PAGE_LENGTH
    )
    document = render_template(
        "web/archive/list.html",
        publication=publication,
        digests=[(each, web_articles(each)) for each in digests[:PAGE_LENGTH]],
        has_older=len(digests) > PAGE_LENGTH,
        page=page,
        cadence=cadence,
        cadences=cadence_adjectives(),
    )
    return kept(make_response(document))


@blueprint.get("/archive/<slug>")
@public
def digest(slug: str) -> ResponseReturnValue:
    """Show one digest as a page."""
    found = digest_by_slug(slug) or missing(Missing.DIGEST)
    speak_to(found.publication)
    document = render_template(
        "web/archive/digest.html",
        publication=found.publication,
        digest=found,
        items=web_articles(found),
        adjective=cadence_adjectives()[Cadence(found.cadence)],
        own=OwnWords.of(found, nonce=""),
    )
    return kept(make_response(document), changed_at=sent_at(found))


@blueprint.get("/articles/<slug>")
@public
def article(slug: str) -> ResponseReturnValue:
    """Show one article; held and dropped ones have no page."""
    found = article_by_slug(slug) or missing(Missing.ARTICLE)
    speak_to(found.publication)
    text = text_with_own_pictures(found)
    document = render_template(
        "web/archive/article.html",
        publication=found.publication,
        article=found,
        text=text,
        shows_lead_picture=not _stands_in_text(found, text),
        related=related_articles(found, limit=3),
    )
    return kept(make_response(document), changed_at=changed_at(found))


def asked_publication() -> Publication:
    """Return the publication named in the address, or the first one."""
    slug = query("publication")
    found = (publication_by_slug(slug) if slug else default_publication()) or abort(404)
    speak_to(found)
    return found


def sent_at(digest: Digest) -> datetime:
    """Return when a digest went out, as its pages say it."""
    return digest.published_at or digest.slot


def changed_at(article: Article) -> datetime:
    """Return when an article was last changed, or learned of."""
    return max(article.modified_at or article.found_at, article.found_at)


def _stands_in_text(article: Article, text: str) -> bool:
    """Whether the text shows the lead picture itself, so that it is not shown twice."""
    return article.picture is None or picture_url(article.picture.picture) in text
