"""A footer link that changes choices, and the link that sets them back."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.subscriptions.choices_models import FormerChoices
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import (
    Letter,
    LetterState,
    Source,
    Subscription,
)
from newsletter.subscriptions.preferences import change_preferences
from newsletter.subscriptions.set_back import SetBackResult, set_back
from newsletter.subscriptions.tell_choices import (
    held_choices,
    tell_of_change,
)
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW

BY = RequestEvidence(Source.MAIL_LINK)
SOON = timedelta(minutes=15)
DAY = timedelta(hours=24)


def choose(row: Subscription, cadence: Cadence, *, now: datetime = NOW, language: str = "") -> None:
    """Change choices as a footer link does."""
    with unit_of_work() as session:
        hers = session.get_one(Subscription, row.id)
        before = held_choices(hers, now=now)
        topics = [one.slug for one in hers.publication.topics if one.id in hers.topics]
        change_preferences(
            subscription=hers,
            cadence=cadence,
            topics=topics,
            language=language,
            request=BY,
            now=now,
        )
        tell_of_change(subscription=hers, before=before, now=now)


def press(letter_id: int, *, now: datetime) -> SetBackResult:
    with unit_of_work() as session:
        former = session.get_one(FormerChoices, letter_id)
        return set_back(former=former, request=BY, now=now)


def letters() -> list[LetterState]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Letter.state).order_by(Letter.id)))
