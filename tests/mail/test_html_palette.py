"""Accents of a publication, readable on either ground."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.mail.palette import (
    DARK_PAPER,
    INK,
    INVERTED_PAPER,
    PAPER,
    READABLE,
    contrast,
    inverted,
    palette,
)

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06X}")


@given(colours)
def test_every_accent_is_made_readable(colour: str) -> None:
    derived = palette(colour)
    assert contrast(derived.accent, PAPER) >= READABLE
    assert contrast(derived.dark_accent, DARK_PAPER) >= READABLE
    assert contrast(inverted(derived.accent), INVERTED_PAPER) >= READABLE
    # The button: its words are as light as paper, and are inverted with its ground.
    assert contrast(inverted(PAPER), inverted(derived.accent)) >= READABLE


def test_a_readable_accent_stays_as_it_is() -> None:
    assert palette("#0B3D6B").accent == "#0B3D6B"


def test_what_is_no_colour_counts_as_ink() -> None:
    assert palette("red; } body { display: none").accent == INK


def test_the_fixed_colours_are_readable() -> None:
    fixed = palette("#0B3D6B")
    assert contrast(fixed.grey, fixed.paper) >= READABLE
    assert contrast(fixed.dark_grey, fixed.dark_paper) >= READABLE
    for colour in (fixed.ink, fixed.grey):
        assert contrast(inverted(colour), INVERTED_PAPER) >= READABLE
    assert contrast("#000000", "#FFFFFF") == 21
