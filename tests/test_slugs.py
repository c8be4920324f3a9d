"""Slugs are readable and hold only a-z, 0-9 and hyphens."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.slugs import loses_letters, slug_of


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Europe", "europe"),
        ("Naher & Mittlerer Osten", "naher-mittlerer-osten"),
        ("  São Tomé  ", "sao-tome"),
        ("Łódź, Århus and Ørsted", "lodz-arhus-and-orsted"),
        ("Straße", "strasse"),
        ("The world’s seas", "the-worlds-seas"),
        ("Европа", ""),
        ("---", ""),
    ],
)
def test_a_slug_keeps_what_can_be_read(text: str, slug: str) -> None:
    assert slug_of(text, longest=60) == slug


def test_a_long_text_is_cut_after_a_whole_word() -> None:
    assert slug_of("one two three", longest=10) == "one-two"
    assert slug_of("one two", longest=7) == "one-two"
    assert slug_of("unbreakable", longest=5) == "unbre"


@given(st.text(max_size=80), st.integers(min_value=1, max_value=40))
def test_any_text_gives_a_slug_or_nothing(text: str, longest: int) -> None:
    slug = slug_of(text, longest=longest)
    assert len(slug) <= longest
    assert slug == "" or re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)


def test_letters_without_a_latin_form_are_noticed() -> None:
    assert loses_letters("Новости EU")
    assert not loses_letters("Łódź & Co.")
