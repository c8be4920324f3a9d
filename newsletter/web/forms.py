"""What readers send, read strictly: each parameter once, each of its own type."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from newsletter.errors import PermanentError
from newsletter.languages import gettext as _
from newsletter.publications.models import Cadence
from newsletter.web.language import PARAMETER

#: A field people do not see; who fills it in is a program.
TRAP_FIELD = "organisation_url"

JSON_TYPE = "application/json"
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")

Fields = Mapping[str, list[str]]


class UnusableInput(PermanentError):
    """A parameter that cannot be read; the text says why, `field` names it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class SignupForm:
    """A signup as it was typed."""

    email: str = ""
    publication: str = ""
    cadence: Cadence | None = None
    topics: tuple[str, ...] = ()
    name: str = ""
    trap: str = ""
    lang: str = ""  # read by `language.speak_to`
    in_frame: bool = False  # the box on another site asks for an answer of its size
    stamp: str = ""  # when our own form was shown
    keep: str = ""  # the address that the reader wants taken as it is
    altcha: str = ""  # a proof of work, as its protocol names the field
    ticket: str = ""  # of somebody who waits instead
    came_from: str | None = None  # where the form stood; only the forms of questions have it


@dataclass(frozen=True)
class PreferencesForm:
    """A reader's choices."""

    cadence: Cadence | None
    topics: tuple[str, ...]
    #: As typed; None: the form has no such field.
    hour: str | None = None
    time_zone: str | None = None
    language: str = ""  # empty: as it is


def read_signup() -> SignupForm:
    """Read the signup in the running request, a form or JSON.

    Raises:
        UnusableInput: repeated, wrongly typed or unreadable parameters.
        UnsupportedMediaType: neither a form nor JSON.
    """
    return _signup(_read_fields())


def read_signup_in_json() -> SignupForm:
    """Read the same where nothing but JSON is taken; raises the same."""
    if request.mimetype != JSON_TYPE:
        raise UnsupportedMediaType("Send JSON.")
    return _signup(_read_json())


def read_preferences() -> PreferencesForm:
    """Read the choices in the running request; raises `UnusableInput`."""
    fields = dict(request.form.lists())
    return PreferencesForm(
        cadence=_cadence(_once(fields, "cadence")),
        topics=tuple(_many(fields, "topics")),
        hour=_once(fields, "hour") if "hour" in fields else None,
        time_zone=_once(fields, "time_zone") if "time_zone" in fields else None,
        language=_once(fields, "language"),
    )


def typed_text(name: str) -> str:
    """Return one field of the running request's form, empty if absent; raises `UnusableInput`."""
    return _once(dict(request.form.lists()), name)


def query(name: str) -> str:
    """Return a parameter of the address, empty if absent; raises `UnusableInput`."""
    return _once(dict(request.args.lists()), name)


def query_cadence() -> Cadence | None:
    """Return the cadence asked for in the address; raises `UnusableInput`."""
    return _cadence(query("cadence"))


def query_page() -> int:
    """Return the page number asked for in the address, 1 if none; raises `UnusableInput`."""
    text = query("page") or "1"
    if not (text.isascii() and text.isdigit() and int(text[:7]) > 0 and len(text) < 7):
        raise UnusableInput("page", _("A page is a whole number, counted from 1."))
    return int(text)


def _signup(fields: Fields) -> SignupForm:
    return SignupForm(
        email=_once(fields, "email"),
        publication=_once(fields, "publication"),
        cadence=_cadence(_once(fields, "cadence")),
        topics=tuple(_many(fields, "topics")),
        name=_once(fields, "name"),
        trap=_once(fields, TRAP_FIELD),
        lang=_once(fields, PARAMETER),
        in_frame=_once(fields, "frame") == "1",
        stamp=_once(fields, "stamp"),
        keep=_once(fields, "keep"),
        altcha=_once(fields, "altcha"),
        ticket=_once(fields, "ticket"),
        came_from=_once(fields, "came_from") if "came_from" in fields else None,
    )


def _read_fields() -> Fields:
    if request.mimetype == JSON_TYPE:
        return _read_json()
    if request.mimetype in FORM_TYPES or not request.content_length:
        return dict(request.form.lists())
    raise UnsupportedMediaType("Send a form or JSON.")


def _read_json() -> Fields:
    try:
        document = json.loads(request.get_data(), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        raise UnusableInput("", _("The body is not valid JSON.")) from None
    if not isinstance(document, dict):
        raise UnusableInput("", _("Send one JSON object."))
    return {name: _as_list(name, value) for name, value in document.items()}


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:  # once over all: a body may hold a hundred thousand names
        if name in found:
            raise UnusableInput(name, _("“%(name)s” was sent more than once.", name=name))
        found[name] = value
    return found


def _as_list(name: str, value: Any) -> list[str]:
    if value is None:
        return []
    values = value if name == "topics" and isinstance(value, list) else [value]
    known = name in SignupForm.__dataclass_fields__ or name in (TRAP_FIELD, "frame")
    if known and not all(isinstance(each, str) for each in values):
        raise UnusableInput(name, _("“%(name)s” must be text.", name=name))
    return values if known else []


def _once(fields: Fields, name: str) -> str:
    values = _many(fields, name)
    if len(values) > 1:
        raise UnusableInput(name, _("“%(name)s” was sent more than once.", name=name))
    return values[0] if values else ""


def _many(fields: Fields, name: str) -> list[str]:
    values = fields.get(name, [])
    if not all(_is_text(value) for value in values):
        raise UnusableInput(name, _("“%(name)s” holds characters that are not text.", name=name))
    return values


def _is_text(value: str) -> bool:
    """Refuse control characters and halves of surrogate pairs, which no database keeps."""
    return not any(
        ord(sign) < 32 or ord(sign) == 127 or 0xD800 <= ord(sign) < 0xE000 for sign in value
    )


def _cadence(text: str) -> Cadence | None:
    if not text:
        return None
    try:
        return Cadence(text)
    except ValueError:
        choices = ", ".join(Cadence)
        raise UnusableInput(
            "cadence", _("Choose how often: %(choices)s.", choices=choices)
        ) from None
