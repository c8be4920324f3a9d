"""Who leaves while a copy to her is under way is answered once none can be written any more."""

import time

import pytest
from flask.testing import FlaskClient

from newsletter.deliveries.batch_mails import FRESH_SECONDS
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.under_way import HEARD_SECONDS, is_under_way
from newsletter.digests.models import DigestState
from newsletter.subscriptions import links
from newsletter.subscriptions.models import Subscription
from tests.factories import Make
from tests.feedback.sent import deliver


def copy(
    make: Make,
    *,
    state: DeliveryState = DeliveryState.QUEUED,
    digest: DigestState = DigestState.SENDING,
) -> Delivery:
    reader: Subscription = make.subscription()
    found = make.digest(publication=reader.publication, state=digest)
    return deliver(found, reader, state=state, sent_at=None)


def test_the_answer_is_later_than_what_workers_believe(client: FlaskClient, make: Make) -> None:
    assert HEARD_SECONDS > FRESH_SECONDS
    waiting = copy(make)
    link = links.unsubscribe_url(subscription_id=waiting.subscription_id)
    begun = time.monotonic()
    answer = client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert time.monotonic() - begun > HEARD_SECONDS


@pytest.mark.parametrize(
    ("state", "digest"),
    [
        (DeliveryState.SENT, DigestState.SENDING),
        (DeliveryState.SKIPPED, DigestState.SENDING),
        (DeliveryState.QUEUED, DigestState.CANCELLED),
    ],
)
def test_without_a_copy_under_way_nobody_waits(
    make: Make, state: DeliveryState, digest: DigestState
) -> None:
    found = copy(make, state=state, digest=digest)
    assert not is_under_way(subscription_id=found.subscription_id)
    assert is_under_way(subscription_id=copy(make).subscription_id)
