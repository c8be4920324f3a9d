"""Words of texts and of questions take the same form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.search_words import LONGEST_TERM, wanted_in, words_in


def terms(text: str) -> list[str]:
    return [word.term for word in words_in(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Harbour", ["the", "harbour"]),
        ("ports PORT Ports", ["port", "port", "port"]),
        ("policies policy", ["policy", "policy"]),
        ("news new", ["news", "new"]),
        ("crisis status press", ["crisi", "status", "press"]),
        ("Éric déjà e\u0301ric", ["eric", "deja", "eric"]),
        ("Straße strasse", ["strasse", "strasse"]),
        ("Łódź", ["lodz"]),
        ("north-east", ["north", "east"]),
        ("l’Europe", ["l", "europe"]),
        ("3D, 1,000 and ½", ["3d", "1", "000", "and", "1\u20442"]),
        ("平和 Tokyo", ["平", "和", "tokyo"]),
        ("Війна", ["віина"]),
        ("!?… _ ⁂", []),
        ("⑴", ["1"]),
    ],
)
def test_case_marks_and_plurals_do_not_count(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_a_word_knows_where_it_stands() -> None:
    text = "A déjà-vu."
    assert [text[word.start : word.end] for word in words_in(text)] == ["A", "déjà", "vu"]


def test_no_term_is_longer_than_an_index_takes() -> None:
    assert terms("x" * 5000) == ["x" * LONGEST_TERM]


@given(st.text())
def test_a_term_holds_nothing_that_a_query_could_mistake(text: str) -> None:
    for term in terms(text):
        assert term
        assert not set(term) & set("'\"\\:&|!()<>*- \0")


@pytest.mark.parametrize(
    ("typed", "phrases"),
    [
        ("red  sea", (("red",), ("sea",))),
        ('"red sea" trade', (("red", "sea"), ("trade",))),
        ("“Red Sea”", (("red", "sea"),)),
        ('"red sea', (("red",), ("sea",))),
        ("sea Sea SEAS", (("sea",),)),
        ("north-east", (("north", "east"),)),
        ("sea AND NOT (trade* | x:y)", (("sea",), ("and",), ("not",), ("trade",), ("x", "y"))),
        ('"" !!! -', ()),
    ],
)
def test_quotation_marks_make_a_phrase_and_nothing_else_means_anything(
    typed: str, phrases: tuple[tuple[str, ...], ...]
) -> None:
    assert wanted_in(typed).phrases == phrases
