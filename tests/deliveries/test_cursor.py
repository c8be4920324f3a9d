"""The cursor's guarantee: each article reaches each entitled reader once, or is knowingly left out.

*Entitled* to an article is who was confirmed when it was placed in the ledger: when it came, or
when staff released it without any digest having carried it. She stays entitled whatever she
changes. A digest of her cadence and hour *considers* for her what was placed before it started and
no digest has considered for her yet, unless she is paused; then it waits for the next one. She gets
it in exactly one mail, or it is *knowingly left out*, for one of these reasons:

- it was not of her topics when it was considered, or staff held or dropped it just then,
- an editor left it out of that digest, or of the draft that a digest at hours of her own follows,
- staff took it away before any digest carried it, or preflight did since its page was gone (placed
  anew, it is there for all again),
- she had left, or has come back since: she begins anew after the newest article,
- she left or paused between fan-out and sending; her delivery says so.

A digest that waits for workers while she changes her hours on two different days is not hers any
more: the next one considers what it held. A draft that an editor holds makes the readers of its
cadence wait, and is for all whose hour has come by then; one that she skips is for nobody.

Nothing comes twice, nothing that was placed before she confirmed, no digest at another hour than
hers, no two of the clock on one day of hers, and no hour passes without a digest being started.

One life is some weeks of a publication; CURSOR_LIVES says how many are played: 20 are
about a year.
"""

import os
from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from newsletter.digests import variants
from newsletter.digests.render import RenderedDigest
from tests.deliveries.lives import course
from tests.deliveries.lives.world import World
from tests.factories import Make

LIVES = int(os.environ.get("CURSOR_LIVES", "20"))

#: Days on which clocks change soon somewhere, and one of no note.
STARTS = [
    datetime(2026, 3, 5, 10, tzinfo=UTC),
    datetime(2026, 3, 20, 10, tzinfo=UTC),
    datetime(2026, 6, 25, 10, tzinfo=UTC),
    datetime(2026, 10, 20, 10, tzinfo=UTC),
]


class Silent:
    """Takes the place of the job queue: what it asks for, the world does in its own time."""

    def publish(self, *_: Any) -> bool:
        """Take the job."""
        return True


@pytest.fixture
def quick(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what costs time and decides nothing here: the words of mails, and the queue."""

    def rendered(**_: Any) -> RenderedDigest:
        return RenderedDigest(subject="s", html="h", text="t", treatments=(), shown=0)

    monkeypatch.setattr(variants, "render_digest", rendered)
    monkeypatch.setitem(app.extensions, "job_queue", Silent())


@pytest.mark.usefixtures("quick")
@settings(
    max_examples=LIVES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)
@example(seed=25479, days=22)
@given(seed=st.integers(0, 2**64 - 1), days=st.integers(1, 22).map(lambda less: 23 - less))
def test_each_article_reaches_each_entitled_reader_exactly_once_or_is_knowingly_left_out(
    make: Make, seed: int, days: int
) -> None:
    """Play a life; a failing one is made shorter day by day."""
    chance = Random(seed)
    world = World(
        make,
        start=chance.choice(STARTS),
        hours=course.hours(chance),
        lead_minutes=course.lead(chance),
    )
    for _ in range(chance.randint(2, 4)):
        world.join(course.cadence(chance), course.topics(chance))
    for day in islice(course.days_of(chance), days):
        for name, values in day:
            note(f"{world.now:%a %d %b %H:%M} {name} {values}")
            getattr(world, name)(**values)
    world.settle()
