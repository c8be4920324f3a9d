"""Due moments: one a day in any zone, whatever the clocks do."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import (
    CLOCK_CADENCES,
    Hours,
    Regime,
    latest_slot,
    next_slot,
    turning_point,
)
from tests.factories import NOW

KYIV = ZoneInfo("Europe/Kyiv")


def publication(**fields: object) -> Publication:
    defaults = {
        "time_zone": "UTC",
        "send_at": time(8, 0),
        "weekly_day": 0,
        "monthly_day": 1,
    }
    return Publication(**(defaults | fields))


def slots(home: Publication, cadence: Cadence, start: datetime, end: datetime) -> list[datetime]:
    found = []
    moment = start
    while (moment := next_slot(home, cadence, after=moment)) <= end:
        found.append(moment)
    return found


@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 29, tzinfo=KYIV), datetime(2026, 10, 25, tzinfo=KYIV)]
)
@pytest.mark.parametrize("hour", [time(2, 30), time(3, 30), time(0, 0), time(23, 59)])
def test_a_daily_digest_in_kyiv_is_due_once_on_the_days_the_clocks_change(
    day: datetime, hour: time
) -> None:
    home = publication(time_zone="Europe/Kyiv", send_at=hour)
    around = slots(home, Cadence.DAILY, day - timedelta(days=3), day + timedelta(days=4))
    days = [slot.astimezone(KYIV).date() for slot in around]
    assert days.count(day.date()) == 1
    assert len(days) == len(set(days)) >= 6


def test_at_half_past_two_in_kyiv_the_hour_itself_is_kept_on_both_days() -> None:
    home = publication(time_zone="Europe/Kyiv", send_at=time(2, 30))
    spring = next_slot(home, Cadence.DAILY, after=datetime(2026, 3, 28, 12, tzinfo=UTC))
    autumn = next_slot(home, Cadence.DAILY, after=datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert spring == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert autumn == datetime(2026, 10, 24, 23, 30, tzinfo=UTC)


def test_an_hour_that_the_clock_skips_falls_an_hour_later() -> None:
    home = publication(time_zone="Europe/Kyiv", send_at=time(3, 30))
    slot = next_slot(home, Cadence.DAILY, after=datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert slot.astimezone(KYIV).time() == time(4, 30)


def test_weekly_and_monthly_fall_on_their_days() -> None:
    home = publication(weekly_day=4, monthly_day=28)
    after = datetime(2026, 2, 1, tzinfo=UTC)
    assert next_slot(home, Cadence.WEEKLY, after=after) == datetime(2026, 2, 6, 8, tzinfo=UTC)
    assert next_slot(home, Cadence.MONTHLY, after=after) == datetime(2026, 2, 28, 8, tzinfo=UTC)


@given(
    zone=st.sampled_from(["UTC", "Europe/Kyiv", "America/St_Johns", "Pacific/Apia"]),
    hour=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    cadence=st.sampled_from(CLOCK_CADENCES),
    moment=st.integers(0, 15 * 365 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
)
def test_the_latest_slot_and_the_next_one_enclose_every_moment(
    zone: str, hour: time, cadence: Cadence, moment: datetime
) -> None:
    home = publication(time_zone=zone, send_at=hour)
    before, after = latest_slot(home, cadence, upto=moment), next_slot(home, cadence, after=moment)
    assert before <= moment < after
    assert next_slot(home, cadence, after=before) == after


OFTEN_APART = st.sampled_from(
    ["UTC", "Europe/Kyiv", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
)
HOURS = st.builds(Hours, st.times(), OFTEN_APART)


@given(
    old=HOURS,
    new=HOURS,
    cadence=st.sampled_from(CLOCK_CADENCES),
    now=st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
)
def test_between_old_and_new_hours_no_digest_comes_twice_on_a_day_and_none_is_passed_over(
    old: Hours, new: Hours, cadence: Cadence, now: datetime
) -> None:
    home = publication()
    turn = turning_point(home, cadence, old=Regime(old), new=new, now=now)
    assert now < turn <= now + timedelta(days=5)
    assert new.start_of(new.day_of(turn)) == turn, "a midnight of the new zone"
    just_before = turn - timedelta(microseconds=1)
    last = latest_slot(home, cadence, upto=just_before, hours=old)
    first = next_slot(home, cadence, after=just_before, hours=new)
    assert new.day_of(last) < new.day_of(first)
    step = new.day_of(first) - old.day_of(last)
    if cadence is Cadence.WEEKLY:
        assert step == timedelta(days=7)
    elif cadence is Cadence.MONTHLY:
        assert timedelta(days=28) <= step <= timedelta(days=31)
    else:
        assert first - last <= timedelta(hours=49)
