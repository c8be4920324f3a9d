"""A signed digest for readers of whom some allow opens, and its mails."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries.models import Delivery
from newsletter.deliveries.send import send_batch
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.dkim_record import Algorithm
from newsletter.mail.mailer import RecordingMailer
from tests.deliveries.conftest import Publish, batch_ids
from tests.factories import Make
from tests.publications.dkim_keys import active_key

SENT = utc_now().replace(microsecond=0) - timedelta(hours=2)


@pytest.fixture
def digest(make: Make, publish: Publish) -> Digest:
    """A signed digest for twelve readers; the first ten allow opens."""
    home = make.publication(from_email="paper@example.net", counts_opens=True)
    for algorithm in Algorithm:
        active_key(home, algorithm)
    make.article(publication=home)
    for number in range(12):
        reader = make.subscription(publication=home, email=f"reader{number}@example.org")
        if number < 10:
            make.sign(
                subscription=reader,
                allowed_at=SENT - timedelta(days=40),
                last_sign_on=(SENT - timedelta(days=40)).date(),
            )
    return publish(home, now=SENT)


def sent(digest: Digest) -> dict[str, bytes]:
    """Send all that is due; return it by address."""
    mailer = RecordingMailer()
    for batch_id in batch_ids(digest):
        send_batch(batch_id=batch_id, mailer=mailer, clock=lambda: SENT)
    return {mail.recipient: mail.content for mail in mailer.sent}


def deliveries(digest: Digest) -> list[Delivery]:
    db.session.rollback()
    found = sa.select(Delivery).where(Delivery.digest_id == digest.id).order_by(Delivery.id)
    return list(db.session.scalars(found))
