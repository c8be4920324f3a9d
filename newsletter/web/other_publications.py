"""The other publications of this service, by name, with the way to the signup page of each."""

from flask import render_template, request
from markupsafe import Markup

from newsletter.languages import spoken
from newsletter.publications.find import all_publications
from newsletter.publications.models import Publication
from newsletter.web.language import PARAMETER
from newsletter.web.short_memory import ShortMemory

_lists = ShortMemory()


def other_publications(publication: Publication) -> Markup:
    """Return the section that lists all others, empty where there is none.

    It is the same whoever looks: which of them a reader gets would tell the holder of a mail
    that was passed on.
    """
    # A language that the address asks for stays in the links.
    key = (publication.slug, spoken(), PARAMETER in request.args)
    section = _lists.recall(key, lambda: _section(publication))
    return Markup(section)  # noqa: S704 - rendered by our own template a moment ago


def _section(publication: Publication) -> str:
    others = [one for one in all_publications() if one.id != publication.id]
    return render_template("web/parts/other_publications.html", others=others)
