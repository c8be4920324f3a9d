"""Pages for what the archive does not have: the site's look, and ways to look on."""

from enum import StrEnum
from typing import NoReturn

from flask import abort, make_response, render_template

from newsletter.publications.find import default_publication
from newsletter.publications.models import Publication
from newsletter.web.answers import wants_json


class Missing(StrEnum):
    """What was asked for; the value is what readers call it."""

    DIGEST = "mail"
    ARTICLE = "article"
    TOPIC = "topic"


def missing(what: Missing, publication: Publication | None = None) -> NoReturn:
    """Answer 404 for a name that nothing public goes by."""
    home = publication or default_publication()
    if home is None or wants_json():
        abort(404)
    page = render_template("web/archive/missing.html", publication=home, what=what)
    abort(make_response(page, 404))
