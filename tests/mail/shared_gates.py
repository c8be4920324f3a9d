"""Gates of two workers over one Redis, and a clock that stands still."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from newsletter.extensions import db
from newsletter.mail import relay_stops
from newsletter.mail.models import RelayStop
from newsletter.mail.relay_gate import RelayGate
from newsletter.mail.smtp_replies import Reply
from tests.mail.relays import (
    REFUSED,
    Clock,
    OwnRedis,
    gate,
    relay,
)

RELAY = relay()


@pytest.fixture
def queue(app: Flask, tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis of this test's own."""
    own = OwnRedis(tmp_path)
    yield own
    own.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pair(queue: OwnRedis, clock: Clock) -> tuple[RelayGate, RelayGate]:
    """Return the gates of two workers."""
    return gate(RELAY, queue.client, clock), gate(RELAY, queue.client, clock)


def refuse(at: RelayGate, *recipients: str, reply: Reply = REFUSED) -> None:
    for recipient in recipients:
        at.heard(reply, recipient=recipient)


def waits(at: RelayGate, count: int) -> list[float]:
    """Return how long so many mails would wait, were they to go at once."""
    found = []
    for _ in range(count):
        found.append(at.reserve())
        at.spend()
    return found


def stops() -> list[RelayStop]:
    db.session.rollback()
    return list(relay_stops.all_stops())
