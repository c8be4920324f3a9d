"""The books: what the rows say against what the mail server's ledger says."""

from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.progress import Progress, progress
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from newsletter.mail.message_id import message_id
from newsletter.subscriptions.models import Subscriber, Subscription
from tests.faults.digests import state_of
from tests.faults.ledger_server import LedgerServer


@dataclass(frozen=True)
class Books:
    """One digest, by its rows and by the ledger; pairs of address and Message-ID."""

    rows: dict[DeliveryState, set[tuple[str, str]]]
    ledger: set[tuple[str, str]]

    @property
    def sent_too_early(self) -> set[tuple[str, str]]:
        """Deliveries that the rows call sent and no server accepted, Message-ID included."""
        return self.rows.get(DeliveryState.SENT, set()) - self.ledger

    @property
    def unrecorded(self) -> set[tuple[str, str]]:
        """Mails that were accepted, of which no row says so."""
        return self.ledger - self.rows.get(DeliveryState.SENT, set())


def open_books(digest_id: int, ledger: LedgerServer) -> Books:
    """Read the rows of a digest and the ledger."""
    taken = set(list(ledger.accepted))  # first: a row may follow its mail, never lead it
    db.session.rollback()
    domain = db.session.get_one(Digest, digest_id).publication.from_email.rpartition("@")[2]
    statement = (
        sa.select(Delivery.id, Delivery.state, Subscriber.email)
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Delivery.digest_id == digest_id)
    )
    rows: dict[DeliveryState, set[tuple[str, str]]] = {}
    for delivery_id, state, email in db.session.execute(statement):
        name = message_id(
            kind="delivery", number=delivery_id, domain=domain, key=settings.secret_keys[-1]
        )
        rows.setdefault(state, set()).add((email, name))
    db.session.rollback()
    return Books(rows, taken)


def nothing_sent_too_early(digest_id: int, ledger: LedgerServer) -> None:
    """Check, while processes stand still, that no row and no digest runs ahead of the ledger."""
    books = open_books(digest_id, ledger)
    assert not books.sent_too_early, (
        f"{len(books.sent_too_early)} rows say sent, and nobody took it"
    )
    waiting = len(books.rows.get(DeliveryState.QUEUED, ()))
    assert not (waiting and state_of(digest_id) is DigestState.SENT), "sent, though mails wait"


def balance(
    digest_id: int, ledger: LedgerServer, *, readers: int, doubled_at_most: int, failed: int = 0
) -> Progress:
    """Check that a sent digest lost nobody and that rows and ledger say the same of everybody."""
    assert state_of(digest_id) is DigestState.SENT
    books = open_books(digest_id, ledger)
    assert not books.sent_too_early, f"lost: {len(books.sent_too_early)}"
    assert not books.unrecorded, f"accepted and not recorded: {len(books.unrecorded)}"
    # Rows name one Message-ID for each reader; so does the ledger, hence every copy had the same.
    assert (len(books.ledger), len(ledger.recipients)) == (readers - failed, readers - failed)
    print(f"doubled: {ledger.surplus} of {readers}, at most {doubled_at_most}")
    assert ledger.surplus <= doubled_at_most, f"doubled: {ledger.surplus}"
    shown = progress(db.session.get_one(Digest, digest_id), now=utc_now())
    assert (shown.sent, shown.queued, shown.deferred) == (readers - failed, 0, 0)
    assert (shown.failed, shown.skipped_total) == (failed, 0)
    return shown
