"""What an edit inserted and deleted, as staff read it."""

import time

import pytest

from newsletter.articles.models import Article
from newsletter.digests.difference import difference
from newsletter.digests.models import Revision

WORDS = {"title": "Rivers", "author": "", "excerpt": "", "content_html": "", "image_caption": ""}


def changes(old: dict[str, str], new: dict[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the difference as plain pairs."""
    found = difference(Revision(**WORDS | old), Article(**WORDS | new))
    return [(one.where, [(part.change, part.text) for part in one.parts]) for one in found]


def test_equal_words_differ_in_nothing() -> None:
    text = {"content_html": "<p>Ten ports.</p>"}
    assert changes(text, {"content_html": "<div><p>Ten <i>ports</i>.</p></div>"}) == []


def test_a_changed_word_stands_in_its_sentence() -> None:
    old = {"content_html": "<p>The port took ten ships that day.</p>"}
    new = {"content_html": "<p>The port took twelve ships that day.</p>"}
    assert changes(old, new) == [
        (
            "Text",
            [
                ("same", "The port took "),
                ("deleted", "ten"),
                ("inserted", "twelve"),
                ("same", " ships that day."),
            ],
        )
    ]


def test_each_place_is_told_apart_and_what_stayed_is_left_out() -> None:
    kept = "<p>Kept as it was, every word of it.</p>"
    old = {"title": "Rivers rise", "content_html": f"{kept}<h2>Upstream</h2><p>Gone for good.</p>"}
    new = {"title": "Rivers fall", "content_html": f"{kept}<h2>Upstream</h2>"}
    assert changes(old, new) == [
        ("Title", [("same", "Rivers "), ("deleted", "rise"), ("inserted", "fall")]),
        ("Text", [("deleted", "Gone for good.")]),
    ]


def test_a_paragraph_that_was_put_in_is_whole() -> None:
    new = {"content_html": "<p>One.</p><p>Between.</p><p>Two.</p>"}
    old = {"content_html": "<p>One.</p><p>Two.</p>"}
    assert changes(old, new) == [("Text", [("inserted", "Between.")])]


def test_a_rewritten_paragraph_is_not_taken_to_pieces() -> None:
    old = {"content_html": "<p>The minister spoke of bridges.</p>"}
    new = {"content_html": "<p>Nobody had been asked about any ferry at all!</p>"}
    ((_, parts),) = changes(old, new)
    assert [change for change, _ in parts] == ["deleted", "inserted"]


def test_items_of_lists_are_compared_one_by_one() -> None:
    old = {"content_html": "<ul><li>Bread</li><li>Salt</li></ul>"}
    new = {"content_html": "<ul><li>Bread</li><li>Salt</li><li>Oil</li></ul>"}
    assert changes(old, new) == [("Text", [("inserted", "Oil")])]


@pytest.mark.parametrize("words", [1_500, 30_000])
def test_long_texts_are_compared_in_a_moment(words: int) -> None:
    old = " ".join(f"word{number % 700}" for number in range(words))
    began = time.monotonic()
    assert changes({"content_html": f"<p>{old}</p>"}, {"content_html": f"<p>{old} more</p>"})
    assert time.monotonic() - began < 3
