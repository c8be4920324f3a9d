"""An erased reader is nowhere to be found, and the figures stay."""

import pytest
import sqlalchemy as sa

from newsletter.deliveries.erase import erase_reader
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.subscriptions import consent
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.erase import Erased, erase_subscriber
from newsletter.subscriptions.models import (
    ConsentStep,
    Letter,
    LetterKind,
    LetterState,
    Source,
    Subscription,
    SubscriptionState,
)
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress, suppression_of
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload

EMAIL = "Ann.Sought@example.org"


@pytest.fixture
def subscription(make: Make) -> Subscription:
    """A reader whose traces stand in every table that can hold any."""
    subscriber = make.subscriber(email=EMAIL, name="Ann Sought")
    found: Subscription = make.subscription(subscriber=subscriber)
    with unit_of_work() as session:
        row = session.merge(found)
        request = RequestEvidence(
            Source.PAGE, f"https://a.example.org/?e={EMAIL}", "192.0.2.7", f"by {EMAIL}"
        )
        consent.record(
            subscription=row,
            step=ConsentStep.SIGNED_UP,
            request=request,
            now=NOW,
            detail=f"from {EMAIL}",
        )
        for state in (LetterState.QUEUED, LetterState.FAILED):
            session.add(
                Letter(
                    kind=LetterKind.ALREADY_CONFIRMED,
                    subscription_id=row.id,
                    state=state,
                    reason=f"550 <{EMAIL}> unknown",
                    requested_at=NOW,
                    next_attempt_at=NOW,
                )
            )
        digest = Digest(
            publication_id=row.publication_id,
            cadence=Cadence.DAILY,
            slot=NOW,
            slug="one",
            position_from=0,
            position_upto=1,
            created_at=NOW,
            candidates=1,
        )
        session.add(digest)
        session.flush()
        session.add(
            Delivery(
                digest_id=digest.id,
                subscription_id=row.id,
                state=DeliveryState.SENT,
                reply=f"250 <{EMAIL}> taken",
            )
        )
    return found


def erase() -> Erased | None:
    with unit_of_work():
        return erase_reader(email=EMAIL.upper(), now=NOW)


def everything() -> str:
    """Return every cell of every table as text."""
    rows = []
    for table in db.metadata.sorted_tables:
        rows += [repr(tuple(row)) for row in db.session.execute(sa.select(table))]
    return "\n".join(rows).casefold()


def test_no_table_holds_the_reader_afterwards(subscription: Subscription) -> None:
    for trace in ("ann.sought", "ann sought", "192.0.2.7"):
        assert trace in everything()
    assert erase() is not None
    for trace in ("ann.sought", "ann sought", "192.0.2.7"):
        assert trace not in everything()


def test_deliveries_and_the_history_of_steps_stay(subscription: Subscription) -> None:
    erase()
    delivery = db.session.scalars(sa.select(Delivery)).one()
    assert (delivery.state, delivery.subscription_id) == (DeliveryState.SENT, subscription.id)
    steps = [event.step for event in consent.history(subscription_id=subscription.id)]
    assert steps == [ConsentStep.SIGNED_UP, ConsentStep.UNSUBSCRIBED]
    assert reload(subscription).state is SubscriptionState.UNSUBSCRIBED


def test_a_letter_that_waits_is_not_sent(subscription: Subscription) -> None:
    erase()
    states = set(db.session.scalars(sa.select(Letter.state)))
    assert states == {LetterState.SKIPPED, LetterState.FAILED}


def test_the_address_stays_silenced_by_its_hash(subscription: Subscription) -> None:
    erase()
    suppression = suppression_of(address=EMAIL)
    assert suppression is not None
    assert suppression.reason is SuppressionReason.ERASED


def test_an_earlier_suppression_becomes_that_of_an_erased_reader_and_names_nobody(
    subscription: Subscription,
) -> None:
    with unit_of_work():
        suppress(
            address=EMAIL, reason=SuppressionReason.COMPLAINT, now=NOW, note=f"call by {EMAIL}"
        )
    erase()
    suppression = suppression_of(address=EMAIL)
    assert suppression is not None
    assert suppression.reason is SuppressionReason.ERASED, "so that nobody lifts it"
    assert (suppression.note, suppression.address_key) == ("", "")


def test_erasing_again_finds_nobody(subscription: Subscription) -> None:
    erase()
    before = everything()
    assert erase() is None
    assert everything() == before


def test_two_erased_readers_do_not_collide(make: Make) -> None:
    for email in ("a@example.org", "b@example.org"):
        make.subscription(email=email)
        with unit_of_work():
            assert erase_subscriber(email=email, now=NOW) is not None
