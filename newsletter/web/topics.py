"""Browse the archive by topic."""

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue

from newsletter.articles.by_topic import articles_of, counted_topics, public_topic
from newsletter.web.access import public
from newsletter.web.archive import PAGE_LENGTH, asked_publication
from newsletter.web.caching import kept
from newsletter.web.forms import query_page
from newsletter.web.missing import Missing, missing
from newsletter.web.words import cadence_adjectives

blueprint = Blueprint("topics", __name__, url_prefix="/topics")


@blueprint.get("/")
@public
def topic_list() -> ResponseReturnValue:
    """List the topics with the number of their articles."""
    publication = asked_publication()
    document = render_template(
        "web/topics/list.html",
        publication=publication,
        counts=counted_topics(publication),
        cadences=cadence_adjectives(),
    )
    return kept(make_response(document))


@blueprint.get("/<slug>")
@public
def topic(slug: str) -> ResponseReturnValue:
    """List the articles of one topic, the newest first."""
    publication = asked_publication()
    found = public_topic(publication, slug) or missing(Missing.TOPIC, publication)
    page = query_page()
    articles = articles_of(found, limit=PAGE_LENGTH + 1, offset=(page - 1) * PAGE_LENGTH)
    document = render_template(
        "web/topics/topic.html",
        publication=publication,
        topic=found,
        articles=articles[:PAGE_LENGTH],
        has_older=len(articles) > PAGE_LENGTH,
        page=page,
    )
    return kept(make_response(document))
