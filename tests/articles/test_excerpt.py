"""Excerpts and reading time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.excerpt import reading_minutes, shorten
from newsletter.articles.footers import strip_cut, strip_footer


def test_a_short_text_stays_whole() -> None:
    assert shorten("The ferry left at nine.") == "The ferry left at nine."


def test_a_long_text_ends_with_a_sentence() -> None:
    text = "The ferry left at nine. " * 20
    assert shorten(text, 100) == "The ferry left at nine. " * 3 + "The ferry left at nine."


def test_a_sentence_does_not_end_at_an_abbreviation() -> None:
    text = "The talks in the old customs house began when U.S. President Smith arrived in town"
    assert (
        shorten(text, 70) == "The talks in the old customs house began when U.S. President Smith…"
    )


def test_a_text_without_a_sentence_ends_with_a_word() -> None:
    assert shorten("alpha beta gamma delta", 12) == "alpha beta…"


def test_chinese_text_ends_with_its_own_full_stop() -> None:
    assert shorten("渡轮九点离开。" * 10, 20) == "渡轮九点离开。" * 2


@given(st.text(max_size=400), st.integers(20, 100))
def test_a_cut_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit


@pytest.mark.parametrize(
    ("text", "expected", "cut"),
    [
        ("The ferry left and […]", "The ferry left and", True),
        ("The ferry left and [...]", "The ferry left and", True),
        ("The ferry left … Continue reading →", "The ferry left", True),
        ("渡轮离开 … 继续阅读", "渡轮离开", True),
        ("渡轮离开。 查看全文>> (1657 个字, 1 张图片)", "渡轮离开。", True),
        ("The ferry left. Leia mais (09/24/2018 - 19h22)", "The ferry left.", True),
        ("The ferry left. [1551 more words]", "The ferry left.", True),
        ("The ferry left.", "The ferry left.", False),
        ("You may read more about ferries in the next part.", None, False),
    ],
)
def test_the_mark_of_a_cut_is_dropped(text: str, expected: str | None, cut: bool) -> None:
    assert strip_cut(text) == (expected or text, cut)


def test_the_footer_of_a_plain_excerpt_is_dropped() -> None:
    text = "The ferry left. The post Ferry news appeared first on The Example."
    assert strip_footer(text) == "The ferry left."
    assert strip_footer("The post office burned down.") == "The post office burned down."


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("", 1),
        ("word " * 220, 1),
        ("word " * 221, 2),
        ("word " * 1100, 5),
        ("字" * 400, 1),
        ("字" * 1000, 3),
        ("字" * 400 + " word" * 220, 2),
        ("— " * 500, 1),
    ],
)
def test_reading_time_counts_words_and_characters(text: str, minutes: int) -> None:
    assert reading_minutes(text) == minutes
