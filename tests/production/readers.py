"""What readers and time do to an installation, and what its database says of them."""

from datetime import timedelta

import sqlalchemy as sa

from newsletter.articles.models import Feed
from newsletter.clock import utc_now
from newsletter.deliveries.models import Batch, BatchState, Delivery, DeliveryState
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue
from newsletter.publications.models import Publication
from newsletter.subscriptions import links
from newsletter.subscriptions.models import Subscriber, Subscription
from newsletter.unit_of_work import unit_of_work
from tests.production.installation import Installation


def sign_up(installation: Installation, email: str, **fields: str) -> None:
    """Send the form of the signup page."""
    status, page = installation.post("/subscribe", {"email": email, **fields})
    assert status == 200, page
    assert "Check your inbox" in page


def confirm(installation: Installation, email: str) -> None:
    """Press the button behind the link of the confirmation mail."""
    with installation.app.app_context():
        link = links.confirm_url(subscription=_subscription(email), now=utc_now())
    status, page = installation.get(link)
    assert status == 200
    assert "<form" in page, "the link alone confirms nothing"
    status, page = installation.post(link, {})
    assert status == 200, page


def unsubscribe_by_one_click(installation: Installation, email: str) -> tuple[int, str]:
    """Post what a mail program posts (RFC 8058)."""
    with installation.app.app_context():
        link = links.one_click_url(subscription_id=_subscription(email).id)
    return installation.post(link, {"List-Unsubscribe": "One-Click"})


def state_of(installation: Installation, email: str) -> str:
    """Return where the only subscription of an address stands."""
    with installation.app.app_context():
        return _subscription(email).state.value


def let_feeds_fall_due(installation: Installation) -> None:
    """Let the quarter of an hour between two polls pass."""
    with installation.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Feed).values(next_poll_at=utc_now()))


def poll_soon(installation: Installation) -> None:
    """Ask for a poll of every feed, as the scheduler would within the next minute."""
    let_feeds_fall_due(installation)
    with installation.app.app_context(), unit_of_work():
        enqueue(Job.POLL_DUE_FEEDS)


def let_retries_fall_due(installation: Installation) -> None:
    """Let the wait of deferred deliveries pass."""
    past = utc_now() - timedelta(seconds=1)
    with installation.app.app_context(), unit_of_work():
        for model, waits in (
            (Delivery, Delivery.state == DeliveryState.DEFERRED),
            (Batch, Batch.state == BatchState.QUEUED),
        ):
            db.session.execute(sa.update(model).where(waits).values(next_attempt_at=past))


def digests(installation: Installation, slug: str) -> list[tuple[int, str]]:
    """Return id and state of every digest of a publication, oldest first."""
    with installation.app.app_context():
        statement = sa.select(Digest.id, Digest.state).join(Publication).order_by(Digest.id)
        rows = db.session.execute(statement.where(Publication.slug == slug))
        return [(row.id, row.state.value) for row in rows]


def reason_of_pause(installation: Installation, slug: str) -> str:
    """Return why a digest of a publication stands still; empty while none does."""
    with installation.app.app_context():
        statement = sa.select(Digest.reason).join(Publication)
        held = statement.where(Publication.slug == slug, Digest.paused_at.is_not(None))
        return db.session.scalars(held).first() or ""


def outcomes(installation: Installation, digest_id: int) -> dict[str, tuple[str, str]]:
    """Return state and the relay's words for every reader of a digest."""
    with installation.app.app_context():
        statement = (
            sa.select(Subscriber.email, Delivery.state, Delivery.reply)
            .select_from(Delivery)
            .join(Subscription, Subscription.id == Delivery.subscription_id)
            .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
            .where(Delivery.digest_id == digest_id)
        )
        rows = db.session.execute(statement)
        return {row.email: (row.state.value, row.reply) for row in rows}


def _subscription(email: str) -> Subscription:
    statement = sa.select(Subscription).join(Subscriber).where(Subscriber.email == email)
    return db.session.scalars(statement).one()
