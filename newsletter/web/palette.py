"""A publication's accent colour in all its shades, each with enough contrast to be read."""

import re
from dataclasses import dataclass

from newsletter.mail.palette import DARK_PAPER, INK, PAPER, READABLE, contrast, readable

__all__ = ["PAPER", "Palette", "Shades", "contrast", "palette", "parse_colour"]

WHITE = "#FFFFFF"

#: What a publication has whose colour cannot be read as one.
FALLBACK = "#0B3D6B"

#: Light text on a dark ground looks thinner than its ratio says.
READABLE_AT_NIGHT = 7.0

#: How far a colour under the pointer moves towards the ink.
HOVER_SHARE = 0.35

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Shades:
    """The accent on one background, as #RRGGBB."""

    accent: str  # text, links, buttons
    hover: str
    on_accent: str  # text upon the accent


@dataclass(frozen=True)
class Palette:
    """The accent by day and by night."""

    light: Shades
    dark: Shades


def palette(accent: str) -> Palette:
    """Derive every shade from one colour; one that cannot be read is moved until it can."""
    colour = accent if _COLOUR.fullmatch(accent) else FALLBACK
    by_day = readable(colour, ground=PAPER, wanted=READABLE)
    by_night = readable(colour, ground=DARK_PAPER, wanted=READABLE_AT_NIGHT)
    return Palette(light=_shades(by_day, towards=INK), dark=_shades(by_night, towards=WHITE))


def parse_colour(text: str) -> str:
    """Return #RRGGBB in capitals; raises ValueError for anything else."""
    if not _COLOUR.fullmatch(text):
        raise ValueError("expected a colour such as #0B3D6B")
    return text.upper()


def _shades(accent: str, *, towards: str) -> Shades:
    hover = _mix(accent, towards)
    on_accent = max((WHITE, DARK_PAPER), key=lambda text: contrast(text, accent))
    return Shades(accent=accent.upper(), hover=hover, on_accent=on_accent)


def _mix(one: str, other: str) -> str:
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * HOVER_SHARE) for a, b in pairs).hex().upper()
