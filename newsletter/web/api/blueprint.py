"""What the API answers: publications, signups, and its own description."""

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import UnsupportedMediaType

from newsletter.clock import utc_now
from newsletter.publications.find import all_publications
from newsletter.web.access import public
from newsletter.web.api.document import openapi_document
from newsletter.web.api.told import told_publication
from newsletter.web.caching import kept
from newsletter.web.errors import error_answer
from newsletter.web.forms import read_signup_in_json
from newsletter.web.signup_answers import REFUSALS, refusal_answer, taken
from newsletter.web.signup_taking import chosen_publication, take_signup

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.get("/openapi.json")
@public
def description() -> Response:
    """Describe the API (OpenAPI 3.1)."""
    return kept(jsonify(openapi_document()))


@blueprint.get("/publications")
@public
def publications() -> Response:
    """List what one can subscribe to, as the signup pages show it."""
    return kept(jsonify(publications=[told_publication(one) for one in all_publications()]))


@blueprint.post("/subscriptions")
@public
def sign_up() -> ResponseReturnValue:
    """Take a signup through the gate that all of them pass; one answer for every address."""
    form, now = read_signup_in_json(), utc_now()
    publication = chosen_publication(form)
    try:
        answer = take_signup(publication, form, answer=lambda: jsonify(taken()), now=now)
    except REFUSALS as refusal:
        return refusal_answer(publication, form, refusal, now=now)
    return answer, 202


@blueprint.errorhandler(UnsupportedMediaType)
def ask_for_json(_error: UnsupportedMediaType) -> ResponseReturnValue:
    """Say which form of data is taken."""
    return error_answer(415, text="Send JSON, with the header “Content-Type: application/json”.")
