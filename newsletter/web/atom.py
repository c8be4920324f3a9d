"""The archive as an Atom feed (RFC 4287): each sent digest is an entry with its articles."""

import re

from flask import Blueprint, Response, make_response, render_template, request

from newsletter.digests.archive import sent_digests, web_articles
from newsletter.web.access import public
from newsletter.web.archive import asked_publication
from newsletter.web.forms import query_cadence

blueprint = Blueprint("atom", __name__)

ENTRIES = 20

#: Characters XML 1.0 cannot hold, not even escaped.
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@blueprint.get("/archive.atom")
@public
def feed() -> Response:
    """Answer the newest digests."""
    publication = asked_publication()
    digests = sent_digests(publication, limit=ENTRIES, cadence=query_cadence())
    document = render_template(
        "web/archive/feed.atom.xml",
        publication=publication,
        digests=[(each, web_articles(each)) for each in digests],
    )
    response = make_response(NOT_XML.sub("", document))
    response.mimetype = "application/atom+xml"
    response.add_etag()
    response.make_conditional(request)
    return response
