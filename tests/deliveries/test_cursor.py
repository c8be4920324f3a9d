"""The cursor's guarantee: each article reaches each entitled reader once, or is knowingly left out.

*Entitled* to an article is who was confirmed when it was placed in the ledger: when it came, or
when staff released it without any digest having carried it. She stays entitled whatever she
changes. A digest of her cadence and hour *considers* for her what was placed before it started and
no digest has considered for her yet, unless she is paused; then it waits for the next one. She gets
it in exactly one mail, or it is *knowingly left out*, for one of these reasons:

- it was not of her topics when it was considered, or staff held or dropped it just then,
- staff took it away before any digest carried it (placed anew, it is there for all again),
- she had left, or has come back since: she begins anew after the newest article,
- she left or paused between fan-out and sending; her delivery says so.

Nothing comes twice, nothing that was placed before she confirmed, no digest at another hour than
hers, no two of the clock on one day of hers, and no hour passes without a digest being started.

One life is some weeks of a publication; CURSOR_LIVES says how many are played: 20 are
about a year.
"""

import os
from datetime import UTC, datetime, time
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.digests import variants
from newsletter.digests.render import RenderedDigest
from newsletter.publications.models import Cadence
from newsletter.publications.schedule import Hours
from tests.deliveries.lives.scene import TOPICS
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

numbers = st.integers(0, 11)
topics = st.frozensets(st.integers(0, TOPICS - 1))
cadences = st.sampled_from([Cadence.DAILY, *Cadence])
hours = st.builds(
    Hours,
    st.sampled_from([time(0), time(2, 30), time(8), time(18), time(23, 30)]),
    st.sampled_from(
        [
            "UTC",
            "Europe/Kyiv",
            "America/New_York",
            "America/St_Johns",
            "Asia/Kathmandu",
            "Pacific/Auckland",
            "Pacific/Kiritimati",
            "Pacific/Pago_Pago",
        ]
    ),
)

#: What happens, by the name of the world's method.
articles = st.tuples(
    st.just("publish_article"),
    st.fixed_dictionaries(
        {"topics": topics, "age_days": st.sampled_from([0, 0, 400]), "held": st.booleans()}
    ),
)
choices_of_hours = st.tuples(
    st.just("choose_hours"),
    st.fixed_dictionaries({"number": numbers, "hours": st.none() | hours}),
)
acts = st.one_of(
    articles,
    articles,
    st.tuples(
        st.sampled_from(["hold", "release", "release", "drop", "leave", "resume"]),
        st.fixed_dictionaries({"number": numbers}),
    ),
    st.tuples(st.just("edit"), st.fixed_dictionaries({"number": numbers, "topics": topics})),
    st.tuples(
        st.sampled_from(["prefer", "come_back"]),
        st.fixed_dictionaries({"number": numbers, "cadence": cadences, "topics": topics}),
    ),
    choices_of_hours,
    choices_of_hours,
    st.tuples(
        st.just("pause"),
        st.fixed_dictionaries({"number": numbers, "days": st.integers(1, 9)}),
    ),
    st.tuples(st.just("send_by_hand"), st.fixed_dictionaries({"cadence": cadences})),
    st.tuples(
        st.just("wait"),
        st.fixed_dictionaries(
            {
                "hours": st.integers(1, 60),
                "outage": st.sampled_from([False, False, True]),
                "lazy": st.booleans(),
            }
        ),
    ),
)
waits = st.tuples(
    st.just("wait"),
    st.fixed_dictionaries(
        {"hours": st.integers(1, 40), "outage": st.just(False), "lazy": st.booleans()}
    ),
)
moves = st.tuples(st.just("move_hours"), st.fixed_dictionaries({"hours": hours}))
#: Staff move the publication's hours in some lives only, since that hides doubled days from view.
courses = st.one_of(
    st.lists(st.tuples(st.lists(what, max_size=4), waits), min_size=8, max_size=24)
    for what in (acts, acts | moves)
)


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
@given(
    start=st.sampled_from(STARTS),
    at=hours,
    readers=st.lists(st.tuples(cadences, topics), min_size=2, max_size=4),
    course=courses,
)
def test_each_article_reaches_each_entitled_reader_exactly_once_or_is_knowingly_left_out(
    make: Make,
    start: datetime,
    at: Hours,
    readers: list[tuple[Cadence, frozenset[int]]],
    course: list[tuple[list[tuple[str, dict[str, Any]]], tuple[str, dict[str, Any]]]],
) -> None:
    world = World(make, start=start, hours=at)
    for cadence, wish in readers:
        world.join(cadence, wish)
    for happenings, wait in course:
        for name, values in [*happenings, wait]:
            getattr(world, name)(**values)
    world.settle()
