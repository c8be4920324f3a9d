"""A publication's colour can be read by day and by night, whatever it is."""

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from newsletter.mail.palette import DARK_PAPER, READABLE
from newsletter.web.palette import PAPER, contrast, palette, parse_colour
from tests.factories import Make


@given(st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06X}"))
def test_every_colour_becomes_readable_on_both_grounds(accent: str) -> None:
    shades = palette(accent)
    for ground, side in ((PAPER, shades.light), (DARK_PAPER, shades.dark)):
        assert contrast(side.accent, ground) >= READABLE
        assert contrast(side.hover, ground) >= READABLE
        assert contrast(side.on_accent, side.accent) >= READABLE
        assert contrast(side.on_accent, side.hover) >= READABLE


def test_a_colour_that_can_be_read_stays_what_it_is() -> None:
    assert palette("#0b3d6b").light.accent == "#0B3D6B"


@pytest.mark.parametrize("text", ["", "blue", "#12345", "#12345G", "0B3D6B", "#0B3D6B;"])
def test_what_is_not_a_colour_is_refused_and_shown_as_the_usual_one(text: str) -> None:
    with pytest.raises(ValueError, match="#0B3D6B"):
        parse_colour(text)
    assert palette(text) == palette("#0B3D6B")


def test_each_publication_has_its_style_sheet(client: FlaskClient, make: Make) -> None:
    publication = make.publication(accent="#7A1F1F")
    sheet = client.get(f"/theme/{publication.slug}.css")
    assert sheet.mimetype == "text/css"
    assert "--accent:#7A1F1F" in sheet.text
    assert f"/theme/{publication.slug}.css?v=7A1F1F" in client.get("/").text
    assert client.get("/theme/nothing.css").status_code == 404
