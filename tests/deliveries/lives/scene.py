"""The scene of a life: one publication, what time it is there, and the oracle beside it."""

from datetime import datetime, timedelta

from newsletter.publications.models import Cadence, Topic
from newsletter.publications.schedule import Hours
from tests.deliveries.lives.oracle import Clock, Oracle, Started
from tests.factories import Make

TOPICS = 3


class Scene:
    """What all who act in a life share."""

    #: No act of staff falls on a slot's very moment.
    moment = timedelta(seconds=1, microseconds=1)

    def __init__(self, make: Make, *, start: datetime, hours: Hours, lead_minutes: int) -> None:
        self.now = start
        home = make.publication(
            created_at=start,
            send_at=hours.send_at,
            time_zone=hours.time_zone,
            weekly_day=0,
            monthly_day=1,
            draft_lead_minutes=lead_minutes,
        )
        self.home: int = home.id
        self.topics = [
            make.topic(publication=home, name=f"Topic {n}", slug=f"topic-{n}")
            for n in range(TOPICS)
        ]
        self.feed: int = make.feed(publication=home, connected_at=start).id
        self.oracle = Oracle(
            weekday=0, monthday=1, home=Clock(start, hours.send_at, hours.time_zone)
        )
        self.readers: list[int] = []
        self.articles: list[int] = []
        self.started: list[Started] = []
        self.unpublished: list[Started] = []
        self.unsent: list[tuple[Started, dict[int, set[int]]]] = []
        self.looked = start
        #: Slots that editors skipped, and cadences held at some time since the last look.
        self.answered: set[tuple[Cadence, datetime]] = set()
        self.held: set[Cadence] = set()

    def chosen(self, topics: frozenset[int]) -> list[Topic]:
        return [self.topics[one] for one in sorted(topics)]

    def slugs(self, topics: frozenset[int]) -> list[str]:
        return [one.slug for one in self.chosen(topics)]

    def names(self, topics: frozenset[int]) -> tuple[str, ...]:
        return tuple(one.name for one in self.chosen(topics))

    def wish(self, topics: frozenset[int]) -> frozenset[int]:
        """Return ids; to wish for every topic is to wish for every article."""
        return frozenset() if len(topics) == TOPICS else self.ids(topics)

    def ids(self, topics: frozenset[int]) -> frozenset[int]:
        return frozenset(one.id for one in self.chosen(topics))
