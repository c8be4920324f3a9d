"""What a picture for sharing shows, and what it does with words it cannot draw."""

import io

import pytest
from PIL import Image

from newsletter.web.share_card import HEIGHT, LONGEST_TITLE, WIDTH, Card, draw
from newsletter.web.share_text import ELLIPSIS, drawable, face, fit, room

SIZES = range(104, 43, -4)


def card(**words: object) -> Card:
    given = {"name": "Paper", "title": "A title", "notes": ("2026",), "accent": "#0B3D6B"} | words
    return Card(**given)  # type: ignore[arg-type]


def picture(one: Card) -> Image.Image:
    return Image.open(io.BytesIO(draw(one))).convert("RGB")


def ink(image: Image.Image, box: tuple[int, int, int, int]) -> int:
    """Count the pixels of a part that are not white."""
    colours = image.crop(box).getcolors(1 << 20) or []
    return sum(count for count, colour in colours if min(colour) < 250)  # type: ignore[type-var, arg-type]


def test_a_card_has_the_size_that_is_asked_for_and_the_accent_on_top() -> None:
    image = picture(card(accent="#8A1538"))
    assert image.size == (WIDTH, HEIGHT) == (1200, 630)
    assert image.getpixel((600, 10)) == (0x8A, 0x15, 0x38)


@pytest.mark.parametrize("field", ["name", "title", "notes", "accent", "rtl"])
def test_whatever_is_drawn_is_in_the_mark(field: str) -> None:
    other = {"accent": "#000000", "rtl": True, "notes": ("Other",)}.get(field, "Other")
    assert card(**{field: other}).mark != card().mark


def test_words_never_leave_their_column() -> None:
    for title in ("A title", "word " * 80, "x" * LONGEST_TITLE, "M" * 5000, "Unbreakable" * 9):
        image = picture(card(title=title, name="Name " * 60, notes=("note " * 90,)))
        assert ink(image, (0, 24, 80, 630)) == 0
        assert ink(image, (1126, 24, 1200, 630)) == 0
        assert ink(image, (0, 600, 1200, 630)) == 0


def test_a_short_title_is_large_and_a_long_one_small_whole_and_balanced() -> None:
    short = fit("Grain", width=1040, height=330, sizes=SIZES)
    assert (short.lines, short.size) == (("Grain",), 104)
    text = "A railway gauge outlives the ministers who choose it and all of their timetables too"
    long = fit(text, width=1040, height=330, sizes=SIZES)
    assert long.size < short.size
    assert " ".join(long.lines) == text
    lengths = [face(long.size).getlength(line) for line in long.lines]
    assert max(lengths) <= 1040
    assert min(lengths) > 0.6 * max(lengths)


def test_what_does_not_fit_even_small_ends_with_an_ellipsis() -> None:
    found = fit("word, " * 300, width=1040, height=330, sizes=SIZES)
    assert len(found.lines) == room(330, found.size)
    assert found.lines[-1].endswith("word" + ELLIPSIS)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Łódź, Αθήνα, Київ", "Łódź, Αθήνα, Київ"),
        ("e\u0301te\u0301", "été"),
        ("Sails 🚢 ahead", "Sails ahead"),
        ("a\u202eb\u200b\x07", "ab"),
        ("السلام", ""),
        ("Tokyo 平和", ""),
        ("שלום", ""),
        ("🚢🚢", ""),
        ("", ""),
    ],
)
def test_signs_without_a_picture_are_dropped_and_other_scripts_are_left_out(
    text: str, drawn: str
) -> None:
    assert drawable(text) == drawn


def test_a_title_in_another_script_gives_way_to_the_name() -> None:
    assert draw(card(title="平和", name="Tokyo Paper")) == draw(card(title="", name="Tokyo Paper"))
    site = ("2026年3月2日", "tokyo.example.org")
    assert draw(card(title="平和", name="東京", notes=site)) == draw(
        card(title="tokyo.example.org", name="", notes=())
    )
    assert ink(picture(card(title="平和", name="東京", notes=())), (0, 24, 1200, 630)) == 0


def test_what_is_read_from_the_right_begins_there() -> None:
    image = picture(card(title="Salam", name="Salam", rtl=True))
    assert ink(image, (900, 180, 1200, 400)) > 0
    assert ink(image, (0, 180, 500, 400)) == 0
