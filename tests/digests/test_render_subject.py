"""Subjects of digests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.digests.subject import LONGEST, subject_line


def subject(headline: str, *, wish: str = "", others: int = 0) -> str:
    return subject_line(headline=headline, wish=wish, others=others, language="en")


def test_it_is_the_headline_and_how_many_more() -> None:
    assert subject("A bridge opens") == "A bridge opens"
    assert subject("A bridge opens", others=1) == "A bridge opens and 1 more"
    assert subject("A bridge opens", others=4) == "A bridge opens and 4 more"


def test_what_staff_wrote_stands_as_it_is() -> None:
    assert subject("A bridge opens", wish="The week in bridges", others=4) == "The week in bridges"


@pytest.mark.parametrize("wish", ["a\r\nBcc: x@example.org", "a\x00\u2028b"])
def test_no_line_end_reaches_the_header(wish: str) -> None:
    assert subject("x", wish=wish).isprintable()
    assert subject(wish, others=2).isprintable()


def test_a_long_headline_is_cut_at_a_word() -> None:
    line = subject("Everything that ministers said about the bridge in the valley " * 2, others=3)
    assert line == "Everything that ministers said about the bridge in the… and 3 more"


@given(st.text(min_size=1), st.integers(0, 999))
def test_it_is_never_longer_than_mail_programs_show(headline: str, others: int) -> None:
    line = subject(headline, others=others)
    assert len(line) <= LONGEST
    assert "\n" not in line
    assert "\r" not in line


def test_signs_of_templates_and_percent_signs_stay_literal() -> None:
    assert subject("{{ 7 * 7 }} & 50 %(x)s", others=1) == "{{ 7 * 7 }} & 50 %(x)s and 1 more"
