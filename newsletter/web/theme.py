"""The style sheet of each publication's colour: served, since the CSP bars inline styles."""

from flask import Blueprint, Response, abort, render_template, url_for

from newsletter.publications.find import publication_by_slug
from newsletter.publications.models import Publication
from newsletter.web.access import public
from newsletter.web.palette import palette

blueprint = Blueprint("theme", __name__)

DAY_SECONDS = 24 * 3600


@blueprint.get("/theme/<slug>.css")
@public
def style_sheet(slug: str) -> Response:
    """Answer the colours of one publication."""
    publication = publication_by_slug(slug)
    if publication is None:
        abort(404)
    css = render_template("web/parts/theme.css", palette=palette(publication.accent))
    response = Response(css, mimetype="text/css")
    response.cache_control.public = True
    response.cache_control.max_age = DAY_SECONDS
    return response


def theme_url(publication: Publication) -> str:
    """Return the style sheet's address; another colour gives another one."""
    version = publication.accent.removeprefix("#")
    return url_for("theme.style_sheet", slug=publication.slug, v=version)
