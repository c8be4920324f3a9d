"""Moments and lengths of time as the pages of staff say them."""

from datetime import timedelta

import pytest

from newsletter.web.admin.times import span


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=61), "61 s"),
        (timedelta(minutes=83), "83 min"),
        (timedelta(hours=30), "30 h"),
        (timedelta(days=17), "17 days"),
        (timedelta(days=300), "10 months"),
        (timedelta(days=13 * 365), "13 years"),
    ],
)
def test_a_length_of_time_is_told_in_one_unit_that_people_can_picture(
    length: timedelta, words: str
) -> None:
    assert span(length) == words
    assert span(-length) == words
