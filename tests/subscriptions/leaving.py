"""A reader who leaves and comes back."""

from datetime import datetime, timedelta

from newsletter.subscriptions.come_back import ComeBackResult, come_back, owe_undo_letter
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import Source, Subscription
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW

BY_LINK = RequestEvidence(Source.MAIL_LINK)
LATER = NOW + timedelta(minutes=2)


def leave(row: Subscription, *, tell: bool = True, at: datetime = NOW) -> None:
    with unit_of_work() as session:
        subscription = session.get_one(Subscription, row.id)
        unsubscribe(subscription=subscription, request=BY_LINK, now=at)
        if tell:
            owe_undo_letter(subscription=subscription, now=at)


def undo(row: Subscription, *, round: int, at: datetime = NOW) -> ComeBackResult:
    with unit_of_work() as session:
        subscription = session.get_one(Subscription, row.id)
        return come_back(subscription=subscription, round=round, request=BY_LINK, now=at)
