"""Bounces that come back when the reader has another address by now, or is erased."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.deliveries.bounces import record_bounce
from newsletter.deliveries.erase import erase_reader
from newsletter.deliveries.models import Delivery, Feedback
from newsletter.extensions import db
from newsletter.mail.bounce_kinds import BounceReport, ReportKind
from newsletter.subscriptions.change_address import ask_for_change, move
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import AddressChange, Source, Subscription, SubscriptionState
from newsletter.suppressions.suppress import suppression_of
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.feedback.sent import deliver

OLD, NEW = "zora.quill@example.org", "zora@example.net"
DAY = timedelta(days=1)


@pytest.fixture
def reader(make: Make) -> Subscription:
    found: Subscription = make.subscription(email=OLD)
    return found


@pytest.fixture
def delivery(make: Make, reader: Subscription) -> Delivery:
    return deliver(make.digest(publication=reader.publication), reader)


def move_her(reader: Subscription, *, now: datetime) -> int:
    with unit_of_work() as session:
        row = session.get_one(Subscription, reader.id)
        change = ask_for_change(subscription=row, email=NEW, now=now)
    again(change.id, back=False, now=now)
    return change.id


def again(change_id: int, *, back: bool, now: datetime) -> None:
    with unit_of_work() as session:
        change = session.get_one(AddressChange, change_id)
        move(change=change, back=back, request=RequestEvidence(Source.MAIL_LINK), now=now)


def came_back(delivery: Delivery, kind: ReportKind = ReportKind.HARD) -> None:
    with unit_of_work():
        report = BounceReport(kind=kind, text="5.1.1 zora.quill is unknown here")
        record_bounce(delivery_id=delivery.id, report=report, now=NOW + 3 * DAY)


def silenced() -> set[str]:
    db.session.rollback()
    return {one for one in (OLD, NEW) if suppression_of(address=one)}


@pytest.mark.parametrize("kind", [ReportKind.HARD, ReportKind.COMPLAINT])
def test_what_comes_back_from_the_old_address_silences_that_one(
    delivery: Delivery, reader: Subscription, kind: ReportKind
) -> None:
    move_her(reader, now=NOW + DAY)
    came_back(delivery, kind)
    assert silenced() == {OLD}
    assert db.session.scalars(sa.select(Feedback.domain)).all() == ["example.org"]
    ended = SubscriptionState.UNSUBSCRIBED
    assert (reload(reader).state is ended) == (kind is ReportKind.COMPLAINT)


def test_what_went_to_the_new_address_silences_the_new_one(
    make: Make, reader: Subscription
) -> None:
    move_her(reader, now=NOW + DAY)
    later = deliver(
        make.digest(publication=reload(reader).publication), reader, sent_at=NOW + 2 * DAY
    )
    came_back(later)
    assert silenced() == {NEW}


def test_between_two_addresses_nobody_is_silenced(delivery: Delivery, reader: Subscription) -> None:
    change = move_her(reader, now=NOW + DAY)
    again(change, back=True, now=NOW + 2 * DAY)
    came_back(delivery)
    assert silenced() == set()


def test_words_that_come_back_after_the_erasure_are_not_kept(
    delivery: Delivery, reader: Subscription
) -> None:
    with unit_of_work():
        erase_reader(email=OLD, now=NOW)
    came_back(delivery)
    assert db.session.scalars(sa.select(Feedback.text)).all() == [""]
