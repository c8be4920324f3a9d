"""What staff type, without the characters that no database keeps."""

from flask import request


def typed(name: str, *, longest: int = 320) -> str:
    """Return a value of the form or the address as one line, empty if absent."""
    line = "".join(sign for sign in request.values.get(name, "") if sign.isprintable())
    return line.strip()[:longest]
