"""The picture that stands for a page where its address is shared: 1200 by 630 pixels, drawn.

Nothing but the card's own words and colour goes into it; no picture is fetched.
"""

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from newsletter.mail.palette import GREY, HAIRLINE, INK, PAPER
from newsletter.web.share_text import LEADING, Lines, drawable, face, fit

WIDTH, HEIGHT = 1200, 630

#: Raised whenever a card is drawn differently, so that its address changes too.
DRAWING = 1

#: Enough colours for ink, accent and the edges of letters.
COLOURS = 64

#: Words that are longer would not be read on a card, and take long to break.
LONGEST_TITLE = 400

_MARGIN = 80
_COLUMN = WIDTH - 2 * _MARGIN
_TITLE_SIZES = range(104, 43, -4)


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says; `notes` stand in the small line below."""

    name: str
    title: str
    notes: tuple[str, ...]
    accent: str  # readable on white
    rtl: bool = False

    @property
    def mark(self) -> str:
        """A short hash of all that makes the picture."""
        parts = (str(DRAWING), self.name, self.title, *self.notes, self.accent, str(self.rtl))
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


@lru_cache(maxsize=128)
def draw(card: Card) -> bytes:
    """Return the card as PNG. Without a title that can be drawn the name takes its place."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, WIDTH, 23), fill=card.accent)
    name, title, *notes = (
        drawable(text[:LONGEST_TITLE]) for text in (card.name, card.title, *card.notes)
    )
    note = " · ".join(filter(None, notes))
    if title and name:
        _write(pen, card, fit(name, width=_COLUMN, height=50, sizes=(40, 36, 32)), top=72, ink=INK)
        pen.line((_MARGIN, 148, WIDTH - _MARGIN, 148), fill=HAIRLINE, width=2)
    headline = title or name or note
    if headline:
        lines = fit(headline, width=_COLUMN, height=330, sizes=_TITLE_SIZES)
        _write(pen, card, lines, top=172, ink=INK)
    if note and note != headline:
        start = WIDTH - _MARGIN - 72 if card.rtl else _MARGIN
        pen.rectangle((start, 520, start + 71, 525), fill=card.accent)
        lines = fit(note, width=_COLUMN, height=40, sizes=(30, 26))
        _write(pen, card, lines, top=542, ink=GREY)
    return _png(image)


def _write(pen: ImageDraw.ImageDraw, card: Card, text: Lines, *, top: int, ink: str) -> None:
    """Write lines from the edge at which their readers begin."""
    for place, line in enumerate(text.lines):
        baseline = top + round(text.size * (0.95 + place * LEADING))
        across, anchor = (WIDTH - _MARGIN, "rs") if card.rtl else (_MARGIN, "ls")
        pen.text((across, baseline), line, font=face(text.size), fill=ink, anchor=anchor)


def _png(image: Image.Image) -> bytes:
    held = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(held, "PNG", optimize=True)
    return held.getvalue()
