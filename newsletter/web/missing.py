"""Pages for what the archive does not have: the site's look, and ways to look on."""

from enum import StrEnum
from typing import NoReturn

from flask import abort, make_response, render_template

from newsletter.languages import gettext as _
from newsletter.languages import later
from newsletter.publications.find import default_publication
from newsletter.publications.models import Publication
from newsletter.web.answers import wants_json
from newsletter.web.language import speak_to


class Missing(StrEnum):
    """What was asked for."""

    DIGEST = "digest"
    ARTICLE = "article"
    TOPIC = "topic"


#: What the page says; readers call a digest a mail.
TITLES = {
    Missing.DIGEST: later("There is no such mail"),
    Missing.ARTICLE: later("There is no such article"),
    Missing.TOPIC: later("There is no such topic"),
}


def missing(what: Missing, publication: Publication | None = None) -> NoReturn:
    """Answer 404 for a name that nothing public goes by."""
    home = publication or default_publication()
    if home is None or wants_json():
        abort(404)
    speak_to(home)
    page = render_template("web/archive/missing.html", publication=home, title=_(TITLES[what]))
    abort(make_response(page, 404))
