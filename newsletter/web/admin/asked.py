"""What the address asks a list for; a choice that does not exist counts as none."""

from enum import StrEnum
from typing import TypeVar

from flask import request

Choice = TypeVar("Choice", bound=StrEnum)

#: Row numbers have at most 18 digits here, so that every one fits its column.
LONGEST_NUMBER = 18
LONGEST_SEARCH = 200


def asked_choice(kind: type[Choice], name: str) -> Choice | None:
    """Return one of the values of `kind`."""
    try:
        return kind(request.values.get(name, ""))
    except ValueError:
        return None


def asked_number(name: str) -> int | None:
    """Return a whole number, such as the id that a page begins after."""
    text = request.values.get(name, "")
    readable = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if readable else None


def asked_text(name: str) -> str:
    """Return words, without the spaces around them."""
    return request.values.get(name, "").strip()[:LONGEST_SEARCH]
