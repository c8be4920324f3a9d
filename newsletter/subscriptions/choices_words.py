"""What was changed of a reader's choices, in her words: for the letter, and the page behind it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from newsletter.extensions import db
from newsletter.languages import called, later, speaking
from newsletter.languages import gettext as _
from newsletter.publications.hour_words import at_words, cadence_words, local_day, zone_words
from newsletter.publications.schedule import Hours, hours_of
from newsletter.subscriptions.choices import Choices, changed_names, choices_of, former_choices
from newsletter.subscriptions.choices_models import FormerChoices
from newsletter.subscriptions.models import ReaderHours, Subscription


class ChangedChoice(NamedTuple):
    """One choice that is another one now, in words."""

    title: str
    now: str
    before: str


def changed_choices(
    former: FormerChoices, *, language: str, now: datetime
) -> tuple[ChangedChoice, ...]:
    """Say what is different from before, in the order of the preference page."""
    subscription = former.letter.subscription
    before, current = former_choices(former, now=now), choices_of(subscription, now=now)
    changed = changed_names(before, current)
    with speaking(language):
        return tuple(
            ChangedChoice(_(title), say(subscription, current), say(subscription, before))
            for name, (title, say) in _WORDS.items()
            if name in changed
        )


def _hours(subscription: Subscription, choices: Choices) -> Hours:
    own = db.session.get(ReaderHours, choices.hours_id) if choices.hours_id else None
    return own.hours if own else hours_of(subscription.publication)


def _cadence(subscription: Subscription, choices: Choices) -> str:
    hours = _hours(subscription, choices)
    return cadence_words(subscription.publication, choices.cadence, hours)


def _time(subscription: Subscription, choices: Choices) -> str:
    hours = _hours(subscription, choices)
    return f"{at_words(hours.send_at)} ({zone_words(hours)})"


def _topics(subscription: Subscription, choices: Choices) -> str:
    names = [one.name for one in subscription.publication.topics if one.id in choices.topics]
    return ", ".join(names) or _("every article")


def _language(_subscription: Subscription, choices: Choices) -> str:
    return called(choices.language)


def _pause(subscription: Subscription, choices: Choices) -> str:
    if choices.paused_until is None:
        return _("no pause")
    day = local_day(choices.paused_until, _hours(subscription, choices))
    return _("nothing comes before %(day)s", day=day)


def _opens(_subscription: Subscription, choices: Choices) -> str:
    return _("we may notice it") if choices.allows_opens else _("we do not notice it")


#: By the names of `Choices`: what a choice is called, and what says it.
_WORDS: Mapping[str, tuple[str, Callable[[Subscription, Choices], str]]] = {
    "cadence": (later("How often"), _cadence),
    "hours_id": (later("At what time"), _time),
    "topics": (later("Which topics"), _topics),
    "language": (later("Language"), _language),
    "paused_until": (later("Pause"), _pause),
    "allows_opens": (later("When you open a mail"), _opens),
}
