"""What follows from a bounce or complaint, for the reader and for the record."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.deliveries.bounces import record_bounce
from newsletter.deliveries.erase import erase_reader
from newsletter.deliveries.listing import figures_of, list_deliveries
from newsletter.deliveries.models import Delivery, DeliveryState, Feedback, FeedbackKind
from newsletter.deliveries.outcomes import record_outcome, record_sent
from newsletter.deliveries.progress import progress
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.bounce_kinds import BounceReport, ReportKind
from newsletter.mail.outgoing import Refused
from newsletter.subscriptions.models import Subscription, SubscriptionState
from newsletter.suppressions.models import Suppression, SuppressionReason
from newsletter.suppressions.suppress import suppression_of
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.feedback.sent import deliver, deliveries, sent_digest

DAY = timedelta(days=1)


def report(kind: ReportKind, **fields: str) -> BounceReport:
    return BounceReport(kind=kind, status="5.1.1", text="no such user", **fields)  # type: ignore[arg-type]


def record(delivery: Delivery, kind: ReportKind, *, after: timedelta = DAY) -> FeedbackKind | None:
    with unit_of_work():
        return record_bounce(delivery_id=delivery.id, report=report(kind), now=NOW + after)


@pytest.fixture
def reader(make: Make) -> Subscription:
    found: Subscription = make.subscription(email="reader@example.net")
    return found


@pytest.fixture
def delivery(make: Make, reader: Subscription) -> Delivery:
    return deliver(make.digest(publication=reader.publication), reader)


def reason(reader: Subscription) -> SuppressionReason | None:
    db.session.rollback()
    found = suppression_of(address=reload(reader).subscriber.email)
    return found.reason if found else None


def test_a_hard_bounce_suppresses_at_once(delivery: Delivery, reader: Subscription) -> None:
    assert record(delivery, ReportKind.HARD) is FeedbackKind.HARD_BOUNCE
    assert reload(delivery).state is DeliveryState.BOUNCED
    assert reason(reader) is SuppressionReason.HARD_BOUNCE
    assert reload(reader).state is SubscriptionState.CONFIRMED, (
        "the address is silenced, no wish ended"
    )
    (feedback,) = db.session.scalars(sa.select(Feedback)).all()
    assert (feedback.domain, feedback.mailed_at, feedback.text) == (
        "example.net",
        NOW,
        "no such user",
    )


def test_a_complaint_suppresses_everywhere_and_unsubscribes(
    delivery: Delivery, reader: Subscription
) -> None:
    assert record(delivery, ReportKind.COMPLAINT) is FeedbackKind.COMPLAINT
    assert reload(delivery).state is DeliveryState.COMPLAINED
    assert reload(reader).state is SubscriptionState.UNSUBSCRIBED
    assert reason(reader) is SuppressionReason.COMPLAINT


def test_a_complaint_follows_a_bounce_and_not_the_other_way_round(delivery: Delivery) -> None:
    record(delivery, ReportKind.SOFT)
    record(delivery, ReportKind.COMPLAINT)
    record(delivery, ReportKind.HARD)
    assert reload(delivery).state is DeliveryState.COMPLAINED


@pytest.mark.parametrize(
    "kind", [ReportKind.ABOUT_US, ReportKind.DELAYED, ReportKind.AUTO_REPLY, ReportKind.ARRIVED]
)
def test_what_says_nothing_of_the_reader_changes_nothing(
    delivery: Delivery, reader: Subscription, kind: ReportKind
) -> None:
    assert record(delivery, kind) is None
    assert (reload(delivery).state, reason(reader)) == (DeliveryState.SENT, None)


def test_the_same_is_noted_once(delivery: Delivery) -> None:
    assert record(delivery, ReportKind.HARD)
    assert record(delivery, ReportKind.HARD) is None
    assert record(delivery, ReportKind.SOFT) is None, "after a hard bounce it says nothing"


def test_nobodys_delivery_is_nobodys_bounce(make: Make) -> None:
    with unit_of_work():
        assert record_bounce(delivery_id=999, report=report(ReportKind.HARD), now=NOW) is None


def soft_on(make: Make, reader: Subscription, *days: int) -> None:
    """Let the mail of each of these days come back soft."""
    for day in days:
        when = NOW + timedelta(days=day)
        digest = make.digest(publication=reader.publication)
        record(deliver(digest, reader, sent_at=when), ReportKind.SOFT, after=timedelta(days=day))


def test_the_fifth_day_of_soft_bounces_suppresses(make: Make, reader: Subscription) -> None:
    soft_on(make, reader, 1, 2, 3, 4)
    assert reason(reader) is None
    soft_on(make, reader, 5)
    assert reason(reader) is SuppressionReason.SOFT_BOUNCES


def test_one_day_counts_once(make: Make, reader: Subscription) -> None:
    soft_on(make, reader, 1, 1, 1, 1, 1, 1)
    assert reason(reader) is None


def test_days_of_more_than_thirty_days_ago_count_no_more(make: Make, reader: Subscription) -> None:
    soft_on(make, reader, 1, 2, 3, 4, 35)
    assert reason(reader) is None


def test_a_mail_that_arrived_meanwhile_begins_anew(make: Make, reader: Subscription) -> None:
    soft_on(make, reader, 1, 2, 3, 4)
    deliver(make.digest(publication=reader.publication), reader, sent_at=NOW + 5 * DAY)
    soft_on(make, reader, 12)
    assert reason(reader) is None
    soft_on(make, reader, 13, 14, 15)
    assert reason(reader) is None, "four since"
    soft_on(make, reader, 16)
    assert reason(reader) is SuppressionReason.SOFT_BOUNCES


def test_a_mail_that_may_still_come_back_has_not_arrived(make: Make, reader: Subscription) -> None:
    soft_on(make, reader, 1, 2, 3, 4)
    deliver(make.digest(publication=reader.publication), reader, sent_at=NOW + 5 * DAY)
    soft_on(make, reader, 6)
    assert reason(reader) is SuppressionReason.SOFT_BOUNCES


def refuse(delivery: Delivery, code: int, text: str) -> Delivery:
    with unit_of_work() as session:
        session.execute(sa.update(Delivery).values(state=DeliveryState.QUEUED, sent_at=None))
        record_outcome(outcome=Refused(str(delivery.id), code, text), attempts=0, now=NOW)
    found: Delivery = reload(delivery)
    return found


def test_a_refusal_by_the_relay_is_a_bounce_too(delivery: Delivery, reader: Subscription) -> None:
    found = refuse(delivery, 550, "5.1.1 <reader@example.net> unknown")
    assert (found.state, reason(reader)) == (DeliveryState.FAILED, SuppressionReason.HARD_BOUNCE)
    (feedback,) = db.session.scalars(sa.select(Feedback)).all()
    assert feedback.text == "550 5.1.1 <…@…> unknown"


@pytest.mark.parametrize("text", ["5.2.2 mailbox full", "5.6.1 no such media", "5.3.4 too large"])
def test_a_refusal_of_one_mail_silences_nobody(
    delivery: Delivery, reader: Subscription, text: str
) -> None:
    assert refuse(delivery, 554, text).state is DeliveryState.FAILED
    assert reason(reader) is None


def test_a_report_may_be_faster_than_the_note_that_the_mail_left(delivery: Delivery) -> None:
    with unit_of_work() as session:
        session.execute(sa.update(Delivery).values(state=DeliveryState.QUEUED, sent_at=None))
    record(delivery, ReportKind.HARD)
    with unit_of_work():
        record_sent(replies=[(delivery.id, "250 ok")], now=NOW)
    assert reload(delivery).state is DeliveryState.BOUNCED


def test_figures_count_what_came_back_among_the_sent(make: Make) -> None:
    digest: Digest = sent_digest(make, readers=4)
    first, second, *_ = deliveries(digest)
    record(first, ReportKind.HARD)
    record(second, ReportKind.COMPLAINT)
    found = progress(reload(digest), now=NOW)
    assert (found.sent, found.bounced, found.complained, found.candidates) == (4, 1, 1, 4)
    assert found.done
    assert figures_of([digest.id])[digest.id].sent == 4
    listed = list_deliveries(digest_id=digest.id, state=DeliveryState.SENT).deliveries
    assert len(listed) == 4
    bounced = list_deliveries(digest_id=digest.id, state=DeliveryState.BOUNCED).deliveries
    assert [one.id for one in bounced] == [first.id]


def test_what_came_back_from_an_erased_reader_names_nobody(
    delivery: Delivery, reader: Subscription
) -> None:
    record(delivery, ReportKind.HARD)
    with unit_of_work():
        erase_reader(email="reader@example.net", now=NOW)
    (feedback,) = db.session.scalars(sa.select(Feedback)).all()
    assert (feedback.text, feedback.domain) == ("", "")
    assert record(delivery, ReportKind.COMPLAINT), "it counts"
    (suppression,) = db.session.scalars(sa.select(Suppression)).all()
    assert suppression.reason is SuppressionReason.ERASED
