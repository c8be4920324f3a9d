"""Whatever the hour of the first start, the past fits together."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.sample import past
from newsletter.sample.readers import PAST, TOPICS, reader_stories

BASE = "http://127.0.0.1:8000"
BRUSSELS = ZoneInfo("Europe/Brussels")

#: Every hour of the ten days around a change of the clock, and the minutes around the digest.
HOURS = [datetime(2026, 10, 22, tzinfo=UTC) + timedelta(hours=hour) for hour in range(240)]
MINUTES = [datetime(2026, 11, 23, 6, 50, tzinfo=UTC) + timedelta(minutes=one) for one in range(20)]


@pytest.mark.parametrize("now", [*HOURS[::5], *MINUTES], ids=str)
def test_five_articles_before_the_weekly_digest_and_three_after_it(now: datetime) -> None:
    found = past._found_moments(BASE, now=now)
    assert found == sorted(found)
    assert found[-1] <= now
    slot = past._send_hour_before(found[past.LAST_IN_WEEKLY])
    assert slot.astimezone(BRUSSELS).weekday() == past._weekly_day(BASE, now=now)
    assert found[past.LAST_IN_WEEKLY - 1] <= slot + timedelta(hours=1)  # a longer night in October
    assert now - slot < timedelta(days=7)


@pytest.mark.parametrize("now", [*HOURS[::5], *MINUTES], ids=str)
def test_the_newest_article_was_found_after_the_last_daily_digest(now: datetime) -> None:
    last_hour = past._send_hour_before(now)
    assert past._found_moments(BASE, now=now)[-1] >= last_hour
    assert max(past._sweeps(now - timedelta(days=9), now=now)) <= now


def test_sixty_readers_differ_in_address_and_act_in_order() -> None:
    stories = list(reader_stories())
    assert len({story.email for story in stories}) == len(stories) == 60
    assert all(story.email.isascii() for story in stories)
    for story in stories:
        moments = [story.signed_up, story.confirmed, story.left]
        told = [moment for moment in moments if moment is not None]
        assert told == sorted(told, reverse=True)
        assert all(timedelta(0) < moment <= PAST for moment in told)
        assert set(story.topics) <= set(TOPICS)
