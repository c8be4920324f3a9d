"""What readers do while something is broken, and what came of it."""

import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.subscriptions import links
from newsletter.subscriptions.models import (
    ConsentEvent,
    ConsentStep,
    Letter,
    LetterState,
    Subscriber,
    Subscription,
)
from tests.factories import Make
from tests.faults.service import Answer, Service


def open_a_publication() -> None:
    """Make the one publication that readers sign up for."""
    Make().publication(slug="harbour", name="The Harbour Review", created_at=utc_now())


def confirmed_reader() -> Subscription:
    """Return a reader of the publication."""
    publication = Make().publication(slug="tide", name="The Tide", created_at=utc_now())
    subscription: Subscription = Make().subscription(publication=publication)
    return subscription


def sign_up(service: Service, email: str, *, network: str = "") -> Answer:
    """Send the form of the signup page."""
    fields = {"email": email, "publication": "harbour"}
    return service.ask("/subscribe", fields, network=network)


def leave(service: Service, subscription: Subscription) -> Answer:
    """Post what a mail program posts (RFC 8058)."""
    link = links.one_click_url(subscription_id=subscription.id)
    return service.ask(link, {"List-Unsubscribe": "One-Click"})


def rows_of_signups() -> dict[str, tuple[int, int]]:
    """Return for every address with a row how many signups and letters were noted with it."""
    db.session.rollback()
    noted = (
        sa.select(sa.func.count())
        .where(ConsentEvent.subscription_id == Subscription.id)
        .where(ConsentEvent.step == ConsentStep.SIGNED_UP)
        .scalar_subquery()
    )
    letters = (
        sa.select(sa.func.count())
        .where(Letter.subscription_id == Subscription.id)
        .scalar_subquery()
    )
    everybody = sa.select(Subscriber.email, noted, letters).outerjoin(
        Subscription, Subscription.subscriber_id == Subscriber.id
    )
    found = {email: (signups, owed) for email, signups, owed in db.session.execute(everybody)}
    db.session.rollback()
    return found


def letters_waiting() -> int:
    """Count the letters that nobody has sent yet."""
    db.session.rollback()
    waiting = sa.select(sa.func.count()).where(Letter.state == LetterState.QUEUED)
    count = db.session.scalars(waiting).one()
    db.session.rollback()
    return count
