"""Choices: what a reader wants of a publication, as one value that can be compared and kept."""

from datetime import datetime
from typing import NamedTuple

from newsletter.publications.models import Cadence
from newsletter.subscriptions.choices_models import FormerChoices
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.pause import is_paused
from newsletter.subscriptions.signs import sign_of


class Choices(NamedTuple):
    """All that the preference page lets somebody change; the names are those of the columns."""

    cadence: Cadence
    topics: frozenset[int]
    language: str
    hours_id: int | None
    paused_until: datetime | None
    allows_opens: bool

    def differs(self, name: str, other: "Choices") -> bool:
        """Whether one of the choices is another one in `other`.

        That opens are not noticed any more is none to be told or set back: what was kept is gone,
        and a consent is given by herself.
        """
        if name == "allows_opens":
            return other.allows_opens and not self.allows_opens
        return bool(getattr(self, name) != getattr(other, name))


def choices_of(subscription: Subscription, *, now: datetime) -> Choices:
    """Return what holds now."""
    return Choices(
        cadence=subscription.cadence,
        topics=subscription.topics,
        language=subscription.language,
        hours_id=subscription.hours_id,
        paused_until=subscription.paused_until if is_paused(subscription, now=now) else None,
        allows_opens=sign_of(subscription) is not None,
    )


def former_choices(former: FormerChoices, *, now: datetime) -> Choices:
    """Return what held before; a pause that would be over by now is none."""
    kept = Choices(**{name: getattr(former, name) for name in Choices._fields})
    over = kept.paused_until is not None and kept.paused_until <= now
    return kept._replace(paused_until=None) if over else kept


def changed_names(before: Choices, after: Choices) -> list[str]:
    """Return which choices are other ones, by name."""
    return [name for name in Choices._fields if before.differs(name, after)]
