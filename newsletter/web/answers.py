"""Whether a caller wants a page or JSON, and how trouble is told in JSON."""

from http import HTTPStatus

from flask import Response, jsonify, make_response, request

#: RFC 9457.
PROBLEM = "application/problem+json"


def is_api() -> bool:
    """Say whether the request is the API's."""
    return request.path.startswith("/api/")


def wants_json() -> bool:
    """Say whether the answer should be JSON: it was sent, asked for, or belongs to the API."""
    by_programs = is_api() or request.path.startswith("/webhooks/")
    if by_programs or request.mimetype == "application/json":
        return True
    # The first one wins where the caller takes anything, as curl and most scripts say they do.
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == (
        "application/json"
    )


def trouble_in_json(status: int, sentence: str, **members: object) -> Response:
    """Say what was wrong: the API by a problem document (RFC 9457), others by an `error`."""
    if not is_api():
        return make_response(jsonify(error=sentence, **members), status)
    title = HTTPStatus(status).phrase  # as `about:blank` asks, §4.2.1
    known = {name: value for name, value in members.items() if value is not None}
    document = {"type": "about:blank", "title": title, "status": status, "detail": sentence}
    response = make_response(jsonify(document | known), status)
    response.mimetype = PROBLEM
    return response
