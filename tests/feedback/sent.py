"""A digest that went out, and what its mails are called where they come back from."""

import pytest
import sqlalchemy as sa

from newsletter.config import settings
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from newsletter.feedback.handle import handle_notice
from newsletter.feedback.models import Notice, NoticeResult
from newsletter.mail.message_id import message_id
from newsletter.mail.return_path import sign_return_path
from newsletter.publications.models import Publication
from newsletter.subscriptions.links import one_click_url
from newsletter.subscriptions.models import Subscription
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make

DOMAIN = "bounces.example.org"


def sent_digest(
    make: Make,
    *,
    readers: int = 1,
    publication: Publication | None = None,
    state: DigestState = DigestState.SENDING,
) -> Digest:
    """Store a digest whose mails were all accepted."""
    home = publication or make.publication()
    digest: Digest = make.digest(publication=home, state=state)
    for _ in range(readers):
        deliver(digest, make.subscription(publication=home))
    return digest


def deliver(digest: Digest, subscription: Subscription, **fields: object) -> Delivery:
    """Store one delivery that was accepted."""
    values: dict[str, object] = {"state": DeliveryState.SENT, "sent_at": NOW, "reply": "250 ok"}
    with unit_of_work() as session:
        delivery = Delivery(digest_id=digest.id, subscription_id=subscription.id, **values | fields)
        session.add(delivery)
    return delivery


def deliveries(digest: Digest) -> list[Delivery]:
    """Return the deliveries of a digest as they are now."""
    db.session.rollback()
    found = sa.select(Delivery).where(Delivery.digest_id == digest.id).order_by(Delivery.id)
    return list(db.session.scalars(found))


def return_path(delivery: Delivery) -> str:
    """Return the envelope sender of the mail."""
    key = settings.secret_keys[-1].encode()
    return sign_return_path(number=delivery.id, domain=DOMAIN, key=key)


def name_of(delivery: Delivery) -> str:
    """Return the Message-ID of the mail."""
    return message_id(
        kind="delivery", number=delivery.id, domain="example.org", key=settings.secret_keys[-1]
    )


def link_of(delivery: Delivery) -> str:
    """Return the link in the List-Unsubscribe of the mail."""
    return one_click_url(subscription_id=delivery.subscription_id)


def handle_all() -> list[NoticeResult | None]:
    """Handle every notice that waits, as workers would."""
    db.session.rollback()
    waiting = sa.select(Notice.id).where(Notice.handled_at.is_(None)).order_by(Notice.id)
    return [handle_notice(notice_id=one, now=NOW) for one in list(db.session.scalars(waiting))]


@pytest.fixture
def delivery(make: Make) -> Delivery:
    return deliveries(sent_digest(make))[0]
