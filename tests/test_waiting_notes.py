"""Notes wait in Redis for a minute, for one worker, and keep nobody who brings one."""

from datetime import timedelta

import pytest
from flask import Flask
from redis import ConnectionError as RedisAway

from newsletter import waiting_notes
from newsletter.extensions import redis
from newsletter.waiting_notes import SETTLED_SECONDS, WaitingNotes
from tests.factories import NOW

MINUTE = timedelta(seconds=SETTLED_SECONDS)


@pytest.fixture
def notes(app: Flask) -> WaitingNotes:
    return WaitingNotes("notes-of-a-test")


def note(notes: WaitingNotes, words: str, *, after: timedelta = timedelta(0)) -> None:
    assert notes.push(f"{(NOW + after).timestamp():.3f} {words}")


def test_a_note_settles_after_a_minute_and_what_came_later_waits_on(notes: WaitingNotes) -> None:
    note(notes, "first")
    note(notes, "second", after=timedelta(seconds=1))
    note(notes, "late", after=timedelta(seconds=30))
    taken = notes.take(now=NOW + MINUTE + timedelta(seconds=1))
    assert taken is not None
    assert [line.partition(" ")[2] for line in taken.lines] == ["first", "second", "late"]
    assert taken.settled == 2
    notes.forget(taken.settled)
    left = notes.take(now=NOW + MINUTE * 2)
    assert left is not None
    assert (len(left.lines), left.settled) == (1, 1)


def test_one_worker_has_them_in_hand_and_what_it_does_not_forget_stays(
    notes: WaitingNotes,
) -> None:
    note(notes, "only")
    assert notes.take(now=NOW + MINUTE) is not None
    assert notes.take(now=NOW + MINUTE) is None
    assert 0 < redis.ttl(notes.lock) <= waiting_notes.LOCK_SECONDS
    redis.delete(notes.lock)  # as time does, where a worker died
    again = notes.take(now=NOW + MINUTE)
    assert again is not None
    assert len(again.lines) == 1


def test_nothing_waits_as_nothing(notes: WaitingNotes) -> None:
    taken = notes.take(now=NOW)
    assert taken is not None
    assert (taken.lines, taken.settled) == ([], 0)


def test_a_flood_fills_no_memory_and_is_told(
    notes: WaitingNotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_notes, "MOST_WAITING", 2)
    assert [notes.push(f"1.0 {number}") for number in range(4)] == [True, True, False, False]
    assert redis.lrange(notes.key, 0, -1) == [b"1.0 0", b"1.0 1"]


def test_without_redis_nobody_waits_twice(
    notes: WaitingNotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def away() -> None:
        asked.append("once")
        raise RedisAway

    notes.attempt(away)
    notes.attempt(away)
    assert asked == ["once"]
    monkeypatch.setattr(notes, "quiet_until", 0.0)
    notes.attempt(lambda: asked.append("again"))
    assert asked == ["once", "again"]


def test_a_failure_of_our_own_is_not_hidden(notes: WaitingNotes) -> None:
    with pytest.raises(ZeroDivisionError):
        notes.attempt(lambda: 1 // 0)
