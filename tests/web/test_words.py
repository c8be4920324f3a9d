"""Dates and cadences in a reader's words."""

from datetime import UTC, datetime, time

import pytest
from flask import Flask

from newsletter.languages import speaking
from newsletter.publications.models import Cadence
from newsletter.web.words import cadence_words, comment_words, local_moment, ordinal, zone_words
from tests.factories import Make


@pytest.mark.parametrize(
    ("cadence", "words"),
    [
        (Cadence.INSTANT, "as soon as an article appears"),
        (Cadence.DAILY, "every day at 08:00"),
        (Cadence.WEEKLY, "every Friday at 08:00"),
        (Cadence.MONTHLY, "on the 2nd of each month at 08:00"),
    ],
)
def test_a_cadence_says_when_it_arrives(
    app: Flask, make: Make, cadence: Cadence, words: str
) -> None:
    assert cadence_words(make.publication(weekly_day=4, monthly_day=2), cadence) == words


def test_a_moment_is_told_on_the_publications_clock(app: Flask, make: Make) -> None:
    publication = make.publication(time_zone="America/New_York")
    moment = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert local_moment(moment, publication) == "Wednesday, July 1, 08:00 (New York time)"


def test_a_zone_without_a_city_is_called_what_it_is(app: Flask, make: Make) -> None:
    assert zone_words(make.publication(time_zone="UTC")) == "UTC"


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (22, "22nd"), (28, "28th")],
)
def test_days_are_counted_in_words(number: int, words: str) -> None:
    assert ordinal(number) == words


@pytest.mark.parametrize(
    ("count", "words"), [(None, ""), (0, "No comments"), (1, "1 comment"), (12, "12 comments")]
)
def test_comments_are_counted_in_words(count: int | None, words: str) -> None:
    assert comment_words(count) == words


@pytest.mark.parametrize(
    ("cadence", "hour", "words"),
    [
        (Cadence.INSTANT, 8, "щойно вийде стаття"),
        (Cadence.DAILY, 8, "щодня о 08:00"),
        (Cadence.DAILY, 11, "щодня об 11:00"),
        (Cadence.WEEKLY, 8, "щоп’ятниці о 08:00"),
        (Cadence.MONTHLY, 8, "2-го числа кожного місяця о 08:00"),
    ],
)
def test_a_cadence_is_said_in_ukrainian_as_people_say_it(
    app: Flask, make: Make, cadence: Cadence, hour: int, words: str
) -> None:
    publication = make.publication(weekly_day=4, monthly_day=2, send_at=time(hour))
    with speaking("uk"):
        said = cadence_words(publication, cadence)
    assert said.replace("\N{NO-BREAK SPACE}", " ") == words


def test_moments_zones_and_counts_are_written_as_the_language_does(app: Flask, make: Make) -> None:
    moment = datetime(2026, 7, 1, 5, 0, tzinfo=UTC)
    kyiv, utc = make.publication(time_zone="Europe/Kyiv"), make.publication(time_zone="UTC")
    with speaking("uk"):
        assert local_moment(moment, kyiv) == "середа, 1 липня, 08:00 (за часом міста Київ)"
        assert zone_words(utc) == "за UTC"
        assert comment_words(1234) == "1\N{NO-BREAK SPACE}234 коментарі"
