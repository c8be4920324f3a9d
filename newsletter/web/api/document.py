"""The description of the API, as OpenAPI 3.1 writes it."""

from typing import Any

from newsletter.config import settings
from newsletter.web.answers import PROBLEM
from newsletter.web.api.schemas import SCHEMAS
from newsletter.web.errors import WORDS
from newsletter.web.forms import JSON_TYPE

#: The version of the description; that of the API stands in its addresses.
VERSION = "1.0.0"


def openapi_document() -> dict[str, Any]:
    """Return the description, with the address of this service in it."""
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Newsletter",
            "version": VERSION,
            "summary": "Publications and signups, for the programs of publishers.",
            "description": (
                "Needs no key: it lets nobody do more than the signup page does. Every signup "
                "passes the same gate and is confirmed by mail before anything is sent. Errors "
                "are problem documents (RFC 9457)."
            ),
        },
        "servers": [{"url": settings.base_url}],
        "security": [],
        "paths": {
            "/api/v1/publications": {"get": _publications()},
            "/api/v1/subscriptions": {"post": _sign_up()},
            "/api/v1/openapi.json": {"get": _description()},
        },
        "components": {"schemas": SCHEMAS},
    }


def _publications() -> dict[str, Any]:
    listed = {
        "type": "object",
        "required": ["publications"],
        "properties": {"publications": {"type": "array", "items": _schema("Publication")}},
    }
    return {
        "operationId": "listPublications",
        "summary": "List what one can subscribe to.",
        "responses": {
            "200": _content("All publications, the first created first.", listed),
            **_problems(500, 503),
        },
    }


def _sign_up() -> dict[str, Any]:
    return {
        "operationId": "signUp",
        "summary": "Ask for a subscription.",
        "description": (
            "Owes the address a mail with a link that confirms. The answer is the same for "
            "addresses that are new, known, waiting or suppressed."
        ),
        "requestBody": {"required": True, "content": {JSON_TYPE: {"schema": _schema("Signup")}}},
        "responses": {
            "202": _content("Taken. Ask the reader to look into her inbox.", _schema("Taken")),
            "403": _problem(
                "A check is needed: solve `challenge` and send the signup again with `altcha`.",
                "Check",
            ),
            "422": _problem(
                "The address is doubtful: ask the reader, and send what she means, or the same "
                "with `keep` where `may_keep` is true.",
                "Question",
            ),
            **_problems(400, 413, 415, 429, 500, 503),
        },
    }


def _description() -> dict[str, Any]:
    return {
        "operationId": "describe",
        "summary": "Return this description.",
        "responses": {
            "200": _content("OpenAPI 3.1.", {"type": "object"}),
            **_problems(500),
        },
    }


def _problems(*statuses: int) -> dict[str, Any]:
    return {str(status): _problem(_words(status), "Problem", status) for status in statuses}


def _words(status: int) -> str:
    words = WORDS[status]
    return f"{words.title}. {words.text}"


def _problem(description: str, schema: str, status: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = {
        "description": description,
        "content": {PROBLEM: {"schema": _schema(schema)}},
    }
    if status in (429, 503):
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        told["headers"] = {"Retry-After": seconds}
    return told


def _content(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {JSON_TYPE: {"schema": schema}}}


def _schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
