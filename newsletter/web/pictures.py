"""Pictures of articles, from the folder that we keep them in."""

from flask import Blueprint, abort, send_file
from flask.typing import ResponseReturnValue

from newsletter.articles.picture_folder import MEDIA_TYPES, path_of
from newsletter.config import settings
from newsletter.web.access import public

blueprint = Blueprint("pictures", __name__)

YEAR_SECONDS = 365 * 24 * 3600


@blueprint.get("/pictures/<name>")
@public
def picture(name: str) -> ResponseReturnValue:
    """Answer one picture; its name says what is in it, so that it never changes."""
    try:
        path = path_of(name, folder=settings.picture_folder)
    except ValueError:
        abort(404)
    if not path.is_file():
        abort(404)
    answer = send_file(
        path, mimetype=MEDIA_TYPES[path.suffix], max_age=YEAR_SECONDS, etag=path.stem
    )
    answer.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
