"""A publication with many readers, and digests to them."""

import math
import time
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.database_clock import database_now
from newsletter.deliveries import fan_out, fan_out_slices
from newsletter.deliveries.models import Batch, BatchState, Delivery, DeliveryState
from newsletter.deliveries.sweep import sweep_batches
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.publish import freeze
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.models import Subscriber, Subscription, SubscriptionState
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make
from tests.faults.service import Service
from tests.faults.sizes import BATCHES

#: A page on this machine that nobody may ask for: what is sent at once asks no name server first.
NOWHERE = "http://127.0.0.1:9/article/"

#: So long does no process of a pool that works stay without a connection to the mail server.
QUIET_SECONDS = 2.0


def add_readers(
    publication_id: int, count: int, *, cadence: Cadence = Cadence.DAILY, first: int = 0
) -> None:
    """Store confirmed readers, numbered from `first` on, in one statement each."""
    now = utc_now()
    people = (
        {
            "email": f"reader{number}@example.org",
            "email_key": f"reader{number}@example.org",
            "address_hash": f"{number:064}",
            "created_at": now,
        }
        for number in range(first, first + count)
    )
    with unit_of_work() as session:
        session.execute(sa.insert(Subscriber), list(people))
        columns = {
            "subscriber_id": Subscriber.id,
            "publication_id": sa.literal(publication_id),
            "state": sa.literal(SubscriptionState.CONFIRMED.value),
            "cadence": sa.literal(cadence.value),
            "created_at": Subscriber.created_at,
            "signed_up_at": Subscriber.created_at,
        }
        added = sa.select(*columns.values()).where(Subscriber.created_at == now)
        session.execute(sa.insert(Subscription).from_select(list(columns), added))


def publication_with_readers(
    count: int, *, cadence: Cadence = Cadence.DAILY, first: int = 0
) -> Publication:
    """Return a publication with one article and so many readers who have not got it.

    Args:
        first: the number of its first reader, other than 0 for a second publication.
    """
    make = Make()
    publication: Publication = make.publication(slug=f"paper-{first}", default_cadence=cadence)
    make.article(publication=publication, link=NOWHERE)
    add_readers(publication.id, count, cadence=cadence, first=first)
    return publication


def started_digest(publication: Publication) -> int:
    """Hand a digest to the workers, which publish it themselves; return its id."""
    with unit_of_work():
        now = utc_now()
        digest = draft_by_hand(publication_id=publication.id, cadence=Cadence.DAILY, now=now)
    with unit_of_work():
        send_now(digest=digest)
    return digest.id


def digest_in_batches(count: int, *, batches: int = BATCHES, first: int = 0) -> int:
    """Make a digest to so many readers whose batches wait in the queue; return its id."""
    publication = publication_with_readers(count, first=first)
    now = utc_now()
    with unit_of_work():
        digest = draft_by_hand(publication_id=publication.id, cadence=Cadence.DAILY, now=now)
    with unit_of_work():
        digest.state = DigestState.SCHEDULED
    with unit_of_work():
        freeze(digest_id=digest.id, now=now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fan_out_slices, "BATCH_SIZE", math.ceil(count / batches))
        assert fan_out.fan_out(digest_id=digest.id, now=now) == count
    return digest.id


def state_of(digest_id: int) -> DigestState:
    """Return where a digest stands now."""
    db.session.rollback()
    return db.session.get_one(Digest, digest_id, populate_existing=True).state


def wait_until_sent(service: Service, digest_id: int, *, within: float = 0.0) -> float:
    """Return once every delivery is final, after how many seconds."""

    def is_sent() -> bool:
        try:
            return state_of(digest_id) is DigestState.SENT
        except sa.exc.DBAPIError:  # the database may be what is being killed
            return False

    return service.wait(is_sent, f"the end of digest {digest_id}", within=within)


def wait_until_nobody_sends(service: Service) -> None:
    """Return once no batch waits and no process works on one: leases left are those of the dead."""
    quiet_since = 0.0

    def is_quiet() -> bool:
        nonlocal quiet_since
        members = [one for name in service.processes for one in service.members(name)]
        quiet = not service.open_connections(members) and not count_queued()
        quiet_since = (quiet_since or time.monotonic()) if quiet else 0.0
        return quiet and time.monotonic() - quiet_since > QUIET_SECONDS

    service.wait(is_quiet, "the end of all batches but those of the dead")


def count_queued() -> int:
    """Count the batches that nobody has in hand."""
    db.session.rollback()
    statement = sa.select(sa.func.count()).where(Batch.state == BatchState.QUEUED)
    count = db.session.scalars(statement).one()
    db.session.rollback()
    return count


def let_leases_run_out() -> None:
    """Do what a minute would after every worker died: leases expire, the sweeper comes round."""
    with unit_of_work() as session:
        past = database_now() - timedelta(seconds=1)
        leased = sa.update(Batch).where(Batch.state == BatchState.LEASED)
        session.execute(leased.values(lease_until=past))
    sweep()


def wait_until_all_wait(service: Service) -> None:
    """Return once every batch is done or was tried and waits: nobody has one in hand."""

    def all_wait() -> bool:
        db.session.rollback()
        at_once = sa.and_(Batch.state == BatchState.QUEUED, Batch.next_attempt_at <= database_now())
        busy = sa.select(Batch.id).where(sa.or_(Batch.state == BatchState.LEASED, at_once))
        found = db.session.scalars(busy.limit(1)).first()
        db.session.rollback()
        return found is None

    service.wait(all_wait, "the end of this attempt")


def let_retries_fall_due() -> None:
    """Let the wait of whatever was put off pass, batches that wait for a relay included."""
    with unit_of_work() as session:
        past = database_now() - timedelta(seconds=1)
        # Only what nobody has in hand: to write the rows of a worker would get in its way.
        queued = sa.select(Batch.id).where(Batch.state == BatchState.QUEUED).with_for_update()
        batches = list(session.scalars(queued))
        put_off = sa.update(Delivery).where(Delivery.state == DeliveryState.DEFERRED)
        put_off = put_off.where(Delivery.batch_id.in_(batches))
        session.execute(put_off.values(next_attempt_at=past))
        waiting = sa.update(Batch).where(Batch.id.in_(batches))
        session.execute(waiting.values(next_attempt_at=past))
    sweep()


def counts(digest_id: int) -> Counter[DeliveryState]:
    """Count the deliveries of a digest by state."""
    db.session.rollback()
    statement = sa.select(Delivery.state, sa.func.count()).group_by(Delivery.state)
    rows = db.session.execute(statement.where(Delivery.digest_id == digest_id)).all()
    db.session.rollback()
    return Counter(dict(tuple(row) for row in rows))


def sweep() -> None:
    """Do what the scheduler has done four times a minute."""
    with unit_of_work():
        sweep_batches()
