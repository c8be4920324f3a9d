"""Reading the dates of feeds."""

from datetime import UTC, datetime

import pytest

from newsletter.articles.dates import read_date

MOMENT = datetime(2018, 9, 24, 22, 42, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 24 Sep 2018 22:42:40 +0000",
        "Mon, 24 Sep 2018 22:42:40 GMT",
        "24 Sep 2018 18:42:40 EDT",
        "Tue, 25 Sep 2018 00:42:40 CEST",
        "2018-09-24T22:42:40Z",
        "2018-09-24T22:42:40.123Z",
        "2018-09-24T19:42:40-03:00",
        "2018-09-24T19:42:40-0300",
        "2018-09-24 22:42:40",
        "2018-09-24 22:42:40 UTC",
        "Seg, 24 Set 2018 19:42:40 -0300",
        "lundi, 24 septembre 2018 22:42:40 +0000",
        "Пн, 24 сен 2018 22:42:40 +0000",
        "24 de septiembre de 2018 22:42:40",
        "1537828960",
    ],
)
def test_one_moment_in_many_forms(text: str) -> None:
    assert read_date(text) == MOMENT


def test_a_date_without_time_is_midnight() -> None:
    assert read_date("2018-09-24") == datetime(2018, 9, 24, tzinfo=UTC)


def test_midnight_written_as_24_hours_is_the_next_day() -> None:
    assert read_date("Mon, 24 Sep 2018 24:00:00 +0000") == datetime(2018, 9, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "0000-00-00 00:00:00", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        *("Mon, 99 Sep 2018 22:42:40 +0000", "2018-13-45", "Invalid Date", "9" * 500, "١٢"),
    ],
)
def test_what_is_no_date_gives_none(text: str) -> None:
    assert read_date(text) is None


def test_a_month_is_read_in_the_language_of_the_feed() -> None:
    assert read_date("1 lis 2020 00:00", language="pl") == datetime(2020, 11, 1, tzinfo=UTC)
    assert read_date("1 lis 2020 00:00", language="hr") == datetime(2020, 10, 1, tzinfo=UTC)
