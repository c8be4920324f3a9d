"""A database that went back sends nothing until staff release it."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.clock import utc_now
from newsletter.extensions import db, redis
from newsletter.mail.models import SendingMark
from newsletter.mail.sending_hold import (
    FILE_NAME,
    REDIS_KEY,
    UNKNOWN,
    UNWITNESSED,
    WENT_BACK,
    SendingNotHeld,
    Witnesses,
    advance_mark,
    current_mark,
    release_sending,
    sending_is_held,
)
from newsletter.unit_of_work import unit_of_work


@pytest.fixture
def witnesses(app: Flask, tmp_path: Path) -> Witnesses:
    return Witnesses(redis=redis, folder=tmp_path / "var")


def advance(witnesses: Witnesses) -> int:
    with unit_of_work():
        number = advance_mark(now=utc_now())
    witnesses.tell(number)
    return number


def held(witnesses: Witnesses) -> bool:
    return sending_is_held(witnesses=witnesses, now=utc_now())


def set_back(**values: object) -> None:
    with unit_of_work() as session:
        session.execute(sa.update(SendingMark).values(**values))


def reason() -> str:
    db.session.rollback()
    mark = current_mark()
    return mark.reason if mark else ""


def test_a_first_start_is_not_held_and_marks_grow(witnesses: Witnesses) -> None:
    assert not held(witnesses)
    assert [advance(witnesses) for _ in range(3)] == [1, 2, 3]
    assert witnesses.highest() == 3
    assert not held(witnesses)


@pytest.mark.parametrize("lost", ["redis", "file", "nothing"])
def test_a_database_behind_any_witness_is_held(witnesses: Witnesses, lost: str) -> None:
    for _ in range(3):
        advance(witnesses)
    if lost == "redis":
        redis.delete(REDIS_KEY)
    if lost == "file":
        (witnesses.folder / FILE_NAME).unlink()
    set_back(number=1)
    assert held(witnesses)
    assert reason() == WENT_BACK
    assert held(witnesses), "and stays so"


def test_a_backup_from_before_there_were_marks_is_held(witnesses: Witnesses) -> None:
    advance(witnesses)
    with unit_of_work() as session:
        session.execute(sa.delete(SendingMark))
    assert held(witnesses)
    assert reason() == WENT_BACK


def test_a_backup_restored_where_nobody_knows_anything_is_held(witnesses: Witnesses) -> None:
    advance(witnesses)
    redis.flushdb()
    (witnesses.folder / FILE_NAME).unlink()
    assert not held(witnesses), "what was emptied a moment ago is no reason"
    set_back(at=utc_now() - UNWITNESSED - timedelta(minutes=1))
    assert held(witnesses)
    assert reason() == UNKNOWN


def test_a_long_pause_with_a_witness_is_no_reason_to_hold(witnesses: Witnesses) -> None:
    advance(witnesses)
    redis.flushdb()
    set_back(at=utc_now() - timedelta(days=3))
    assert not held(witnesses)


def test_released_it_goes_on_beyond_all_that_anybody_saw(witnesses: Witnesses) -> None:
    for _ in range(5):
        advance(witnesses)
    set_back(number=2)
    assert held(witnesses)
    with unit_of_work():
        number = release_sending(witnesses=witnesses, now=utc_now())
    assert number == 6
    assert not held(witnesses), "the witnesses need not be told first"
    with pytest.raises(SendingNotHeld), unit_of_work():
        release_sending(witnesses=witnesses, now=utc_now())


def test_a_mark_that_grows_while_the_question_is_asked_is_no_reason(witnesses: Witnesses) -> None:
    class Meanwhile(Witnesses):
        def highest(self) -> int | None:
            advance(witnesses)
            found = super().highest()
            advance(witnesses)
            return found

    advance(witnesses)
    asked = Meanwhile(redis=redis, folder=witnesses.folder)
    db.session.rollback()
    current_mark()  # a transaction that is open since before
    assert not held(asked)


def test_a_witness_that_cannot_be_written_or_read_stops_nothing(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be")
    witnesses = Witnesses(redis=redis, folder=tmp_path / "var")
    advance(witnesses)
    assert witnesses.highest() == 1
    assert not held(witnesses)
