"""Search the articles of a publication, by an address anybody can keep or pass on."""

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from newsletter.articles.models import Article
from newsletter.articles.passages import Piece, marked, passage_of
from newsletter.articles.search import search_articles
from newsletter.articles.search_words import Wanted, wanted_in
from newsletter.extensions import limiter
from newsletter.languages import gettext as _
from newsletter.web.access import public
from newsletter.web.archive import asked_publication
from newsletter.web.caching import kept
from newsletter.web.forms import UnusableInput, query, query_page
from newsletter.web.signup_limits import from_this_machine

blueprint = Blueprint("search", __name__)

PAGE_LENGTH = 10
LONGEST_QUESTION = 200

#: Questions that one network, /24 or /64, may ask.
QUESTIONS_PER_NETWORK = "60 per minute"

SECONDS = 60


def asks_nothing() -> bool:
    """Whether the request needs no limit: the empty page, or a caller on this machine."""
    return not request.args.get("q") or from_this_machine()


@blueprint.get("/search")
@public
@limiter.limit(QUESTIONS_PER_NETWORK, exempt_when=asks_nothing)
def search() -> ResponseReturnValue:
    """Show the articles in which all the words occur, ten a page."""
    publication = asked_publication()
    question, page = read_question(), query_page()
    wanted = wanted_in(question)
    hits = search_articles(publication, wanted, limit=PAGE_LENGTH, offset=(page - 1) * PAGE_LENGTH)
    document = render_template(
        "web/search/page.html",
        publication=publication,
        question=question,
        wanted=wanted,
        hits=[_shown(article, wanted) for article in hits.articles],
        total=hits.total,
        page=page,
        has_more=page * PAGE_LENGTH < hits.total,
    )
    return kept(make_response(document), seconds=SECONDS)


def read_question() -> str:
    """Return what was typed; raises `UnusableInput` where it is too long to be one."""
    question = query("q").strip()
    if len(question) > LONGEST_QUESTION:
        raise UnusableInput(
            "q", _("Search with fewer words: up to %(most)s characters.", most=LONGEST_QUESTION)
        )
    return question


def _shown(
    article: Article, wanted: Wanted
) -> tuple[Article, tuple[Piece, ...], tuple[Piece, ...]]:
    return article, marked(article.title, wanted), passage_of(article, wanted)
