"""Cost of reading recipients and of recording what became of their mails."""

from contextlib import closing

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from bench.parts_message import Cost
from bench.timing import microseconds
from newsletter.clock import utc_now
from newsletter.deliveries.models import Batch, Delivery, DeliveryState
from newsletter.deliveries.outcomes import record_sent
from newsletter.deliveries.recipients import due_recipients
from newsletter.extensions import db
from newsletter.subscriptions.models import Subscription
from newsletter.unit_of_work import unit_of_work

SLICE = 500
REPLY = "250 2.0.0 Ok: queued as 4XyZ0123456789"


def read_costs(digest_id: int) -> list[Cost]:
    """Read a slice of recipients: as the path does, as driver rows, as objects."""
    batch_id = _first_batch(digest_id)
    count = len(due_recipients(batch_id=batch_id, now=utc_now(), limit=SLICE))

    def path() -> None:
        due_recipients(batch_id=batch_id, now=utc_now(), limit=SLICE)
        db.session.rollback()

    def driver() -> None:
        _driver_rows(batch_id)

    def objects() -> None:
        _objects(batch_id)
        db.session.rollback()

    return [
        Cost("as the path does, all it asks", lambda: microseconds(path) / count),
        Cost("driver rows, id and address", lambda: microseconds(driver) / count),
        Cost("ORM objects", lambda: microseconds(objects) / count),
    ]


def record_costs(digest_id: int) -> list[Cost]:
    """Record a slice as sent: as the path does, one UPDATE each, one UPDATE for all."""
    statement = sa.select(Delivery.id).where(Delivery.batch_id == _first_batch(digest_id))
    ids = list(db.session.scalars(statement.order_by(Delivery.id).limit(SLICE)))
    db.session.rollback()

    def path() -> None:
        with unit_of_work():
            record_sent(replies=[(one, REPLY) for one in ids], now=utc_now())

    def each() -> None:
        with unit_of_work() as session:
            for one in ids:
                session.execute(_update(Delivery.id == one))

    def together() -> None:
        with unit_of_work() as session:
            session.execute(_update(Delivery.id == sa.any_(sa.literal(ids, _Ids))))

    return [
        Cost("as the path does, with the reply", lambda: microseconds(path) / len(ids)),
        Cost("one UPDATE each", lambda: microseconds(each) / len(ids)),
        Cost("one UPDATE … ANY", lambda: microseconds(together) / len(ids)),
    ]


_Ids = sa.ARRAY(sa.BigInteger)


def _update(condition: sa.ColumnElement[bool]) -> sa.Update:
    values = {"state": DeliveryState.SENT, "sent_at": utc_now(), "reply": REPLY}
    update = sa.update(Delivery).where(condition).values(values)
    return update.execution_options(synchronize_session=False)


def _first_batch(digest_id: int) -> int:
    statement = sa.select(sa.func.min(Batch.id)).where(Batch.digest_id == digest_id)
    batch_id: int = db.session.scalars(statement).one()
    return batch_id


def _driver_rows(batch_id: int) -> None:
    connection = db.engine.raw_connection()
    with closing(connection.cursor()) as cursor:
        cursor.execute(
            "SELECT d.id, r.email FROM deliveries d "
            "JOIN subscriptions s ON s.id = d.subscription_id "
            "JOIN subscribers r ON r.id = s.subscriber_id "
            "WHERE d.batch_id = %s ORDER BY d.id LIMIT %s",
            (batch_id, SLICE),
        )
        cursor.fetchall()
    connection.close()


def _objects(batch_id: int) -> None:
    reader = joinedload(Delivery.subscription).joinedload(Subscription.subscriber)
    statement = sa.select(Delivery).where(Delivery.batch_id == batch_id).options(reader)
    db.session.scalars(statement.order_by(Delivery.id).limit(SLICE)).all()
    db.session.expunge_all()
