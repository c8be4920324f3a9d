"""How the box in a frame looks, as the site that shows it asks in the address."""

import re
from dataclasses import dataclass, fields

from flask import url_for

from newsletter.languages import gettext as _
from newsletter.mail.palette import DARK_INK, INK, READABLE, contrast, readable
from newsletter.web.forms import UnusableInput, query
from newsletter.web.palette import WHITE

_COLOUR = re.compile(r"[0-9a-fA-F]{6}")

#: Lines and hints: this much of the text's colour, the rest of the ground's.
_QUIET, _CONTROL, _HAIRLINE = 0.72, 0.55, 0.2

_RED, BLACK = "#B3261E", "#000000"


@dataclass(frozen=True)
class Colours:
    """Every colour of the box upon the ground of somebody else's page, as #RRGGBB."""

    scheme: str
    paper: str
    ink: str
    quiet: str
    control: str
    hairline: str
    accent: str
    hover: str
    on_accent: str
    error: str


@dataclass(frozen=True)
class BoxLook:
    """What the address asks for: colours as RRGGBB, empty for the publication's own."""

    paper: str = ""
    ink: str = ""
    accent: str = ""
    cadence: bool = False  # whether the reader is asked how often
    topics: bool = False
    bare: bool = False  # the site has a heading of its own

    @property
    def parameters(self) -> dict[str, str]:
        """The look as parameters of an address; what is left to us is left out."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: "1" if value is True else value for name, value in given.items() if value}

    @property
    def has_colours(self) -> bool:
        """Whether any colour was asked for."""
        return bool(self.paper or self.ink or self.accent)

    @property
    def style_url(self) -> str:
        """The address of the style sheet with these colours; empty if none was asked for."""
        asked = {name: getattr(self, name) for name in ("paper", "ink", "accent")}
        given = {name: value for name, value in asked.items() if value}
        return url_for("box.colours", **given) if given else ""


def asked_look() -> BoxLook:
    """Read the look from the running request's address; raises `UnusableInput`."""
    return BoxLook(
        paper=_colour("paper"),
        ink=_colour("ink"),
        accent=_colour("accent"),
        cadence=query("cadence") == "1",
        topics=query("topics") == "1",
        bare=query("bare") == "1",
    )


def colours_of(look: BoxLook) -> Colours:
    """Derive every colour; what could not be read upon the ground is moved until it can."""
    paper = f"#{look.paper}" if look.paper else WHITE
    dark = contrast(paper, WHITE) > contrast(paper, BLACK)
    ink = _read(f"#{look.ink}" if look.ink else (DARK_INK if dark else INK), paper)
    accent = _read(f"#{look.accent}" if look.accent else ink, paper)
    return Colours(
        scheme="dark" if dark else "light",
        paper=paper,
        ink=ink,
        quiet=_read(_mixed(ink, paper, _QUIET), paper),
        control=_mixed(ink, paper, _CONTROL),
        hairline=_mixed(ink, paper, _HAIRLINE),
        accent=accent,
        hover=_mixed(accent, ink, 0.65),
        on_accent=_surest(accent),
        error=_read(_RED, paper),
    )


def _colour(name: str) -> str:
    text = query(name)
    if text and not _COLOUR.fullmatch(text):
        raise UnusableInput(name, _("A colour is written as six digits, such as 0B3D6B."))
    return text.upper()


def _read(colour: str, paper: str) -> str:
    """Return the colour, moved until it can be read; on a middling ground black or white."""
    moved = readable(colour, ground=paper)
    return moved if contrast(moved, paper) >= READABLE else _surest(paper)


def _surest(ground: str) -> str:
    return max((WHITE, BLACK), key=lambda text: contrast(text, ground))


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(b + (a - b) * share) for a, b in pairs).hex().upper()
