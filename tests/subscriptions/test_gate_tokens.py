"""Stamps and tickets: ours, whole, of their purpose, of their time."""

from datetime import timedelta

import pytest
from flask import Flask

from newsletter.subscriptions.gate_tokens import (
    OLDEST_STAMP,
    OLDEST_TICKET,
    WAIT,
    RefusedPass,
    read_ticket,
    stamp_age,
    write_stamp,
    write_ticket,
)
from tests.factories import NOW

HERS = {"spelling": "a" * 64, "network": "198.51.100.0/24"}
SECOND = timedelta(seconds=1)


def test_a_stamp_tells_its_age(app: Flask) -> None:
    stamp = write_stamp(now=NOW)
    assert stamp_age(stamp, now=NOW + 7 * SECOND) == 7 * SECOND
    assert stamp_age(stamp, now=NOW - SECOND) == timedelta()
    assert stamp_age(stamp, now=NOW + OLDEST_STAMP + SECOND) is None


def test_a_changed_stamp_tells_nothing(app: Flask) -> None:
    stamp = write_stamp(now=NOW)
    for place in range(len(stamp)):
        other = "b" if stamp[place] != "b" else "c"
        assert stamp_age(stamp[:place] + other + stamp[place + 1 :], now=NOW) is None
    for odd in ("", "-", "1-2", "é", write_ticket(**HERS, now=NOW)):
        assert stamp_age(odd, now=NOW) is None


def test_a_ticket_lets_through_after_the_wait(app: Flask) -> None:
    ticket = write_ticket(**HERS, now=NOW)
    early, left = read_ticket(ticket, **HERS, now=NOW + 5 * SECOND)
    late, none = read_ticket(ticket, **HERS, now=NOW + WAIT)
    assert (left, none) == (15, 0)
    assert early == late, "one ticket is one pass, whenever it is shown"


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        ({"spelling": "b" * 64}, WAIT),
        ({"network": "203.0.113.0/24"}, WAIT),
        ({}, OLDEST_TICKET + SECOND),
        ({}, -timedelta(minutes=3)),
    ],
)
def test_a_ticket_of_another_or_of_another_time_is_refused(
    app: Flask, changes: dict[str, str], after: timedelta
) -> None:
    ticket = write_ticket(**HERS, now=NOW)
    with pytest.raises(RefusedPass):
        read_ticket(ticket, **{**HERS, **changes}, now=NOW + after)


def test_a_changed_ticket_is_refused(app: Flask) -> None:
    ticket = write_ticket(**HERS, now=NOW)
    for place in range(len(ticket)):
        other = "b" if ticket[place] != "b" else "c"
        with pytest.raises(RefusedPass):
            read_ticket(ticket[:place] + other + ticket[place + 1 :], **HERS, now=NOW + WAIT)
