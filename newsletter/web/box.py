"""What a signup box on another site asks of us: its script, its colours, answers across origins."""

from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, render_template, request

from newsletter.web.access import public
from newsletter.web.box_look import asked_look, colours_of
from newsletter.web.caching import DAY_SECONDS, kept

blueprint = Blueprint("box", __name__)

#: Sites keep the script's address for years, so browsers ask again within the day.
SCRIPT_SECONDS = DAY_SECONDS // 4

#: The signup's answer may be read by any page: it is the same for everybody, and no cookie is
#: asked for or looked at (`Access-Control-Allow-Credentials` is never sent). The other view is the
#: one that OPTIONS of the same address is counted to.
READABLE_ANYWHERE = (
    *("signup.subscribe", "signup.back_to_the_form"),
    *("api.sign_up", "api.publications", "api.description"),  # for everybody too
)

#: What pages of other origins load, also those that ask for permission (COEP).
LOADED_ANYWHERE = ("box.script", "signup.embed")


@blueprint.get("/embed/box.js")
@public
def script() -> Response:
    """Answer the script that a box works without, but better with."""
    path = Path(current_app.static_folder or "") / "js" / "box.js"
    response = Response(path.read_bytes(), mimetype="text/javascript")
    return kept(response, seconds=SCRIPT_SECONDS)


@blueprint.get("/embed/colours.css")
@public
def colours() -> Response:
    """Answer the colours that a box in a frame was asked to have; raises `UnusableInput`."""
    look = asked_look()
    css = render_template(
        "web/signup/box_colours.css", colours=colours_of(look), painted=bool(look.paper)
    )
    return kept(Response(css, mimetype="text/css"), seconds=DAY_SECONDS)


def init_app(app: Flask) -> None:
    """Let pages of other origins read the answers that are meant for them."""
    app.after_request(_allow_other_origins)


def _allow_other_origins(response: Response) -> Response:
    if request.endpoint in READABLE_ANYWHERE:
        response.headers["Access-Control-Allow-Origin"] = "*"
        if request.method == "OPTIONS":  # a page that posts JSON asks first
            response.headers["Access-Control-Allow-Methods"] = "POST"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
            response.headers["Access-Control-Max-Age"] = str(DAY_SECONDS)
    if request.endpoint in LOADED_ANYWHERE:
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
