"""Dates of a file are read in the forms that services write, and kept in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.subscriptions.import_lines import UnusableCell
from newsletter.subscriptions.import_moments import read_moment

LATEST = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 - as the room compares it

_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-03-31", "2021-03-31 00:00:00.000000"),
        ("2021-03-31 14:05", "2021-03-31 14:05:00.000000"),
        ("2021-03-31T14:05:06Z", "2021-03-31 14:05:06.000000"),
        ("2021-03-31 01:30:00+02:00", "2021-03-30 23:30:00.000000"),
        ("31.03.2021", "2021-03-31 00:00:00.000000"),
        ("31.03.2021 14:05", "2021-03-31 14:05:00.000000"),
        ("2021/03/31", "2021-03-31 00:00:00.000000"),
        ("2021/03/31 14:05:06", "2021-03-31 14:05:06.000000"),
    ],
)
def test_usual_forms_are_read(text: str, moment: str) -> None:
    assert read_moment(text, latest=LATEST) == moment


@given(
    st.datetimes(datetime(1991, 1, 1), datetime(2026, 3, 1), timezones=_ZONES)  # noqa: DTZ001
)
def test_any_zone_is_told_in_utc(moment: datetime) -> None:
    read = datetime.fromisoformat(read_moment(moment.isoformat(), latest=LATEST))
    assert read.replace(tzinfo=UTC) == moment


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("yesterday", "cannot be read"),
        ("31/12/21", "cannot be read"),
        ("1969-12-31", "cannot be read"),
        ("2026-03-02 09:01", "in the future"),
        ("2026-03-02 08:30-01:00", "in the future"),
        ("9999-12-31T23:59-12:00", "cannot be read"),
    ],
)
def test_what_is_no_date_of_a_signup_is_refused(text: str, why: str) -> None:
    with pytest.raises(UnusableCell, match=why):
        read_moment(text, latest=LATEST)
