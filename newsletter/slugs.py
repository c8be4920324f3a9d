"""Readable names for addresses: a-z, 0-9 and hyphens."""

import re
import unicodedata

#: Letters that Unicode does not take apart into a base letter and a mark.
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_APOSTROPHES = re.compile("['’`]")
_GAPS = re.compile(r"[^a-z0-9]+")


def slug_of(text: str, *, longest: int) -> str:
    """Return `text` as a slug, cut after a whole word where one fits; empty if nothing remains."""
    slug = _GAPS.sub("-", plain_letters(text)).strip("-")
    if len(slug) <= longest:
        return slug
    words = slug[: longest + 1].rpartition("-")[0]
    return words or slug[:longest]


def loses_letters(text: str) -> bool:
    """Say whether a slug of `text` would miss letters, so that two texts could share one."""
    return any(letter.isalnum() and not letter.isascii() for letter in plain_letters(text))


def plain_letters(text: str) -> str:
    """Return `text` in small letters without marks; letters that have no plain form stay."""
    apart = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    return _APOSTROPHES.sub("", "".join(one for one in apart if not unicodedata.combining(one)))
