"""The shapes of what the API takes and tells, by JSON Schema 2020-12."""

from typing import Any

from newsletter.publications.models import Cadence

TEXT = {"type": "string"}
ADDRESS = {"type": "string", "format": "uri"}
CADENCE = {"type": "string", "enum": [cadence.value for cadence in Cadence]}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return an object that has `required` members; more than are named may come later."""
    properties = required | (optional or {})
    return {"type": "object", "required": list(required), "properties": properties}


def _told(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "description": description}


PUBLICATION = _object(
    {
        "slug": _told(TEXT, "What a signup calls it."),
        "name": TEXT,
        "tagline": TEXT,
        "page": _told(ADDRESS, "Its signup page."),
        "language": _told(TEXT, "Its own language, a tag of BCP 47."),
        "languages": {"type": "array", "items": TEXT},
        "cadences": {"type": "array", "items": CADENCE},
        "default_cadence": CADENCE,
        "topics": {"type": "array", "items": _object({"slug": TEXT, "name": TEXT})},
        "consent": _told(
            {"type": "object", "additionalProperties": TEXT},
            "The words a reader agrees to by signing up, by language; show them by the button.",
        ),
    }
)

SIGNUP = _object(
    {"email": _told(TEXT, "One address; mail has to reach it.")},
    {
        "publication": _told(TEXT, "A slug; the first publication if left out."),
        "cadence": _told(CADENCE, "How often; the publication's own if left out."),
        "topics": _told(
            {"type": "array", "items": TEXT},
            "Slugs of topics that the publication offers; every article if left out.",
        ),
        "name": TEXT,
        "lang": _told(TEXT, "The language of the reader's mails, one that the publication offers."),
        "keep": _told(TEXT, "The same address once more, to take it although it was doubted."),
        "altcha": _told(TEXT, "The solution of a challenge; good for one signup of one address."),
    },
)

TAKEN = _object(
    {
        "status": {"const": "check_inbox"},
        "message": _told(TEXT, "One sentence for the reader, in her language."),
    }
)

PROBLEM = _object(
    {
        "type": {"const": "about:blank"},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": _told(TEXT, "One sentence that says what is wrong."),
    },
    {"field": _told(TEXT, "The member of the request that it is about.")},
)


def _problem_with(members: dict[str, Any]) -> dict[str, Any]:
    return {"allOf": [{"$ref": "#/components/schemas/Problem"}, members]}


CHALLENGE = _object(
    {
        "algorithm": {"const": "SHA-256"},
        "challenge": TEXT,
        "maxnumber": {"type": "integer"},
        "salt": TEXT,
        "signature": TEXT,
    }
)

CHECK = _problem_with(
    _object(
        {
            "challenge": {"$ref": "#/components/schemas/Challenge"},
            "how": _told(TEXT, "How to answer."),
            "page": _told(
                {"type": "string", "format": "uri"}, "Where the reader can do it herself."
            ),
        }
    )
)

QUESTION = _problem_with(
    _object(
        {"field": TEXT},
        {
            "suggestion": _told(TEXT, "The address that was probably meant."),
            "may_keep": _told({"type": "boolean"}, "Whether `keep` makes us take it as it is."),
        },
    )
)

SCHEMAS = {
    "Publication": PUBLICATION,
    "Signup": SIGNUP,
    "Taken": TAKEN,
    "Problem": PROBLEM,
    "Challenge": _told(CHALLENGE, "A proof of work by ALTCHA's protocol, version 1."),
    "Check": CHECK,
    "Question": QUESTION,
}
