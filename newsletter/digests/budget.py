"""How much of each article a digest carries, and how that gives way until the mail fits."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newsletter.digests.models import Treatment
from newsletter.errors import PermanentError
from newsletter.publications.models import Cadence

#: Octets of the HTML in UTF-8, markers unfilled and before quoted-printable. Gmail clips at
#: 102 kB and with it the way to unsubscribe; the links of one reader add some hundred octets.
BUDGET = 95_000
LARGEST = 100_000

#: A lead as short as this is quoted whole: an excerpt would save nothing.
SHORT_MINUTES = 2


class MailTooLarge(PermanentError):
    """A digest that no mail program would show whole, even cut to one headline."""


@dataclass(frozen=True)
class Plan:
    """One way to carry a digest's articles: those after `shown` stand on the web only."""

    treatments: tuple[Treatment, ...]
    shown: int


def starting_treatments(cadence: Cadence, reading_minutes: Sequence[int]) -> tuple[Treatment, ...]:
    """Return how much of each article a digest would like to carry.

    A single article, and whatever is sent as it appears, is there to be read at once: in full.
    Several are a front page to choose from: excerpts, so that no story stands a long way below
    another; only a short lead is quoted whole.
    """
    count = len(reading_minutes)
    if cadence is Cadence.INSTANT or count == 1:
        return (Treatment.FULL,) * count
    lead = [
        Treatment.FULL if minutes <= SHORT_MINUTES else Treatment.EXCERPT
        for minutes in reading_minutes[:1]
    ]
    return (*lead, *(Treatment.EXCERPT,) * (count - len(lead)))


def fit(start: Sequence[Treatment], *, size: Callable[[Plan], int]) -> Plan:
    """Return the first plan within the budget, from the start downwards.

    From the last article upwards full text becomes an excerpt; then, again from the last,
    an excerpt becomes a headline; at the very end headlines are left to the web. Each step is
    smaller than the one before, so a search that halves finds it in some ten renderings.
    Raises MailTooLarge.
    """
    steps = _Steps(start)
    if size(steps.plan(0)) <= BUDGET:
        return steps.plan(0)
    numbers = range(steps.last + 1)
    found = bisect_left(numbers, True, key=lambda step: size(steps.plan(step)) <= BUDGET)
    plan = steps.plan(min(found, steps.last))
    if size(plan) > LARGEST:
        raise MailTooLarge("This digest is larger than mail programs show, even as headlines.")
    return plan


class _Steps:
    """The plans from the start downwards, each made when it is asked for.

    A reader far behind has thousands of articles; all plans at once would fill the memory.
    """

    def __init__(self, start: Sequence[Treatment]) -> None:
        self._start = tuple(start)
        excerpts = [one if one is Treatment.HEADLINE else Treatment.EXCERPT for one in start]
        self._changes = [
            (place, weaker)
            for stronger, weaker, treatments in (
                (Treatment.FULL, Treatment.EXCERPT, self._start),
                (Treatment.EXCERPT, Treatment.HEADLINE, excerpts),
            )
            for place in reversed(range(len(treatments)))
            if treatments[place] is stronger
        ]
        self.last = len(self._changes) + max(len(self._start) - 1, 0)

    def plan(self, step: int) -> Plan:
        """Return the plan after so many steps."""
        treatments = list(self._start)
        for place, weaker in self._changes[:step]:
            treatments[place] = weaker
        left_to_web = max(step - len(self._changes), 0)
        return Plan(tuple(treatments), len(treatments) - left_to_web)
