"""The course of a life: what happens on each of its days, drawn from one number.

Drawn by a generator of our own and not by strategies: lives must differ much from each other, and
those of one run of Hypothesis, made of strategies, resemble each other closely.
"""

from collections.abc import Callable, Iterator
from datetime import time
from random import Random
from typing import Any

from newsletter.publications.models import Cadence
from newsletter.publications.schedule import Hours
from tests.deliveries.lives.scene import TOPICS

#: Something that happens: the name of a method of the world, and what it is given.
Act = tuple[str, dict[str, Any]]

CADENCES = [Cadence.DAILY, Cadence.DAILY, *Cadence]
TIMES = [time(0), time(2, 30), time(8), time(13), time(18), time(23, 30)]
ZONES = [
    "UTC",
    "Europe/Kyiv",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]


def topics(chance: Random) -> frozenset[int]:
    """Some topics, or none."""
    return frozenset(one for one in range(TOPICS) if chance.random() < 0.4)


def hours(chance: Random) -> Hours:
    """Hours somewhere on earth."""
    return Hours(chance.choice(TIMES), chance.choice(ZONES))


def cadence(chance: Random) -> Cadence:
    """A cadence, most often daily."""
    return chance.choice(CADENCES)


def lead(chance: Random) -> int:
    """How long before its hour a digest is a draft, in minutes."""
    return chance.choice([0, 7 * 60, 20 * 60, 20 * 60])


def _number(chance: Random) -> dict[str, Any]:
    return {"number": chance.randrange(12)}


def _wish(chance: Random) -> dict[str, Any]:
    return _number(chance) | {"cadence": cadence(chance), "topics": topics(chance)}


def _article(chance: Random) -> dict[str, Any]:
    age, held = chance.choice([0, 0, 400]), chance.random() < 0.2
    return {"topics": topics(chance), "age_days": age, "held": held}


def _hours(chance: Random) -> dict[str, Any]:
    return _number(chance) | {"hours": hours(chance) if chance.random() < 0.8 else None}


def _wait(chance: Random) -> dict[str, Any]:
    away = chance.random() < 0.2
    return {"hours": chance.randint(1, 60), "outage": away, "lazy": chance.random() < 0.4}


#: What can happen, and how often of all: as chances go, not as days go.
ACTS: list[tuple[int, str, Callable[[Random], dict[str, Any]]]] = [
    (10, "publish_article", _article),
    (2, "edit", lambda chance: _number(chance) | {"topics": topics(chance)}),
    (2, "hold", _number),
    (3, "release", _number),
    (1, "drop", _number),
    (6, "choose_hours", _hours),
    (3, "prefer", _wish),
    (2, "pause", lambda chance: _number(chance) | {"days": chance.randint(1, 9)}),
    (1, "resume", _number),
    (1, "leave", _number),
    (2, "come_back", _wish),
    (1, "send_by_hand", lambda chance: {"cadence": cadence(chance)}),
    (1, "wait", _wait),
    (3, "hold_draft", _number),
    (3, "release_draft", _number),
    (1, "skip_draft", _number),
    (2, "send_early", _number),
    (9, "leave_out", lambda chance: _number(chance) | {"which": chance.randrange(5)}),
]
MOVE = (1, "move_hours", lambda chance: {"hours": hours(chance)})


def days_of(chance: Random) -> Iterator[list[Act]]:
    """Yield what happens from one stretch of quiet hours to the next, for ever.

    Staff move the publication's hours in some lives only, since that hides doubled days from view.
    """
    acts = [*ACTS, MOVE] if chance.random() < 0.3 else ACTS
    weights = [weight for weight, _, _ in acts]
    while True:
        drawn = chance.choices(acts, weights, k=chance.randrange(6))
        quiet = {"hours": chance.randint(1, 36), "outage": False, "lazy": chance.random() < 0.3}
        yield [*((name, values(chance)) for _, name, values in drawn), ("wait", quiet)]
