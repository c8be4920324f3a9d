"""Placeholders in rendered content: what may be personal in a mail, and how it is marked."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from newsletter.errors import PermanentError

_NONCE = re.compile(r"[a-z0-9]{16,64}")


class Placeholder(StrEnum):
    """What differs from one recipient of a variant to the next.

    The values are stored within compiled messages and markers: never rename one.
    """

    ADDRESS = "address"  # the recipient's mail address
    NAME = "name"  # how the recipient is called; may be empty
    MESSAGE_ID = "messageid"  # left@right, without angle brackets
    UNSUBSCRIBE_URL = "unsubscribeurl"  # https, of the page; in bodies
    ONE_CLICK_URL = "oneclickurl"  # https, answers the one-click POST; in headers
    UNSUBSCRIBE_MAILTO = "unsubscribemailto"  # a whole mailto: URI, its address carries the token
    PREFERENCES_URL = "preferencesurl"
    WEB_URL = "weburl"  # "view on the web", when the link is personal
    RETURN_PATH = "returnpath"  # the signed envelope sender
    OPEN_URL = "openurl"  # of the picture that tells an open; only with the reader's consent


class BrokenMarker(PermanentError):
    """A marker came back changed, so a reader would see it instead of the personal value."""


@dataclass(frozen=True)
class Markers:
    """The markers of one rendering.

    A marker is lower-case letters and digits only, so it passes unchanged through templates,
    MJML, CSS inlining and URL attributes. The nonce is drawn after the articles were written:
    none of them can hold a marker, and whatever looks like one stays literal text.
    """

    nonce: str  # 16 to 64 of a-z 0-9; keep it with the rendered content

    def __post_init__(self) -> None:
        if not _NONCE.fullmatch(self.nonce):
            raise ValueError("the nonce of markers is 16 to 64 lower-case letters and digits")

    @classmethod
    def fresh(cls) -> "Markers":
        """Return markers nobody can have guessed."""
        return cls(secrets.token_hex(12))

    def marker(self, token: Placeholder) -> str:
        """Return what to write into a template's context in place of the personal value."""
        return f"zz{self.nonce}{token.value}zz"

    def split(self, content: str) -> Sequence[str | Placeholder]:
        """Cut content into literals and placeholders: literal first, literal last, alternating."""
        pieces: list[str | Placeholder] = list(self._pattern.split(content))
        for position, piece in enumerate(pieces):
            if position % 2:
                pieces[position] = Placeholder(piece)
            elif self.nonce in piece.lower():
                raise BrokenMarker("A placeholder was changed while the mail was rendered.")
        return pieces

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = "|".join(token.value for token in Placeholder)
        return re.compile(f"zz{self.nonce}({names})zz")
