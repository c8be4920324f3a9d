"""Error pages: what went wrong in a reader's words, never how it looks inside."""

import traceback
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from newsletter.languages import gettext as _
from newsletter.languages import later
from newsletter.web.answers import is_api, trouble_in_json, wants_json
from newsletter.web.forms import UnusableInput

log = structlog.get_logger()

#: How long a caller waits before trying again when the database is away, in seconds.
RETRY_SECONDS = 30


@dataclass(frozen=True)
class Words:
    """What an error page says."""

    title: str
    text: str


WORDS = {
    400: Words(
        later("This request cannot be read"), later("Something in it is missing or malformed.")
    ),
    401: Words(later("Please sign in"), later("This page is for staff.")),
    403: Words(
        later("This is not open to you"),
        later("Your account may not do this, or the form has expired."),
    ),
    404: Words(
        later("There is no such page"),
        later("It may have moved, or the address has a slip in it."),
    ),
    405: Words(
        later("This address does not take that"), later("Go back and use the page’s own button.")
    ),
    413: Words(
        later("That is too much"), later("What was sent is larger than this service takes.")
    ),
    415: Words(later("This form of data is not taken"), later("Send a form or JSON.")),
    429: Words(
        later("Too many tries"),
        later("Too many requests came from your network in a short time. Please try again later."),
    ),
    500: Words(
        later("Something went wrong here"), later("It is our fault, and it has been noted.")
    ),
    503: Words(
        later("We cannot answer just now"),
        later("The service is busy or being mended. Try again in a minute."),
    ),
}


def init_app(app: Flask) -> None:
    """Answer every error in the same style."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(CSRFError, _expired_form)
    app.register_error_handler(UnusableInput, _unusable_input)
    app.register_error_handler(DBAPIError, _database_trouble)
    app.register_error_handler(PoolTimeout, _unavailable)
    app.log_exception = _log_mistake  # type: ignore[method-assign]


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    response = error_answer(status, text=_own_words(error))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _own_words(error: HTTPException) -> str:
    """Return the sentence a view gave with its refusal; those of the framework stay inside."""
    given = error.description != type(error).description
    return error.description or "" if error.code == 403 and given else ""


def _too_many(error: RateLimitExceeded) -> Response:
    response = error_answer(429)
    seconds = error.limit.limit.get_expiry() if error.limit else 60
    response.headers["Retry-After"] = str(seconds)
    return response


def _expired_form(_error: CSRFError) -> Response:
    return error_answer(403)


def _unusable_input(error: UnusableInput) -> Response:
    return error_answer(400, text=str(error), field=error.field)


def _database_trouble(error: DBAPIError) -> Response:
    """Tell a database that is away, full or read-only from a mistake of ours."""
    if isinstance(error, OperationalError | InternalError) or error.connection_invalidated:
        return _unavailable(error)
    # The message would show the values of the statement, and so addresses.
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("request_failed", endpoint=request.endpoint, error=type(error).__name__, where=where)
    return error_answer(500)


def _log_mistake(exc_info: Any) -> None:
    """Log by endpoint: Flask would write the path, and in it a reader's token."""
    log.error("request_failed", endpoint=request.endpoint, exc_info=exc_info)


def _unavailable(error: Exception) -> Response:
    log.error("database_unavailable", error=type(error).__name__)
    response = error_answer(503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def error_answer(status: int, *, text: str = "", field: str = "") -> Response:
    """Return the error page, or its JSON; it asks the database nothing."""
    words = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    title, told = _(words.title), text or _(words.text)
    if wants_json():
        # What pages add speaks of buttons and addresses that programs do not have.
        sentence = f"{title}." if is_api() else f"{title}. {told}"
        return trouble_in_json(status, text or sentence, field=field or None)
    page = render_template(
        "web/errors/error.html",
        title=title,
        text=told,
        status=status,
        home="/admin/" if request.path.startswith("/admin/") else "/",
    )
    return make_response(page, status)
