"""Atom feeds (RFC 4287): of the archive, entry by digest, and of a topic, by article."""

import re
from typing import Any

from flask import Blueprint, Response, make_response, render_template

from newsletter.articles.by_topic import articles_of, public_topic
from newsletter.digests.archive import sent_digests, web_articles
from newsletter.web.access import public
from newsletter.web.archive import asked_publication, changed_at, sent_at
from newsletter.web.caching import kept
from newsletter.web.forms import query_cadence
from newsletter.web.missing import Missing, missing

blueprint = Blueprint("atom", __name__)

ENTRIES = 20

#: Characters XML 1.0 cannot hold, not even escaped.
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@blueprint.get("/archive.atom")
@public
def feed() -> Response:
    """Answer the newest digests."""
    publication = asked_publication()
    cadence = query_cadence()
    digests = sent_digests(publication, limit=ENTRIES, cadence=cadence)
    updated = max(map(sent_at, digests), default=publication.created_at)
    return _atom(
        "web/archive/feed.atom.xml",
        publication=publication,
        cadence=cadence,
        digests=[(each, web_articles(each)) for each in digests],
        updated=updated,
    )


@blueprint.get("/topics/<slug>.atom")
@public
def topic_feed(slug: str) -> Response:
    """Answer the newest articles of a topic."""
    publication = asked_publication()
    topic = public_topic(publication, slug) or missing(Missing.TOPIC, publication)
    articles = [(each, changed_at(each)) for each in articles_of(topic, limit=ENTRIES)]
    updated = max((moment for _, moment in articles), default=publication.created_at)
    return _atom(
        "web/topics/feed.atom.xml",
        publication=publication,
        topic=topic,
        articles=articles,
        updated=updated,
    )


def _atom(template: str, **values: Any) -> Response:
    response = make_response(NOT_XML.sub("", render_template(template, **values)))
    response.mimetype = "application/atom+xml"
    return kept(response, changed_at=values["updated"])
