"""Come back: what was on its way to a reader who left for a moment reaches her once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.clock import utc_now
from newsletter.deliveries.come_back import come_back
from newsletter.deliveries.control import cancel_digest
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.outcomes import record_skipped
from newsletter.deliveries.send import send_batch
from newsletter.digests.models import Digest, Variant
from newsletter.extensions import db
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Publication
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import Source, Subscription
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids
from tests.factories import Make, reload

BY_LINK = RequestEvidence(Source.MAIL_LINK)


@pytest.fixture
def home(make: Make) -> Publication:
    publication: Publication = make.publication()
    make.article(publication=publication)
    return publication


@pytest.fixture
def reader(make: Make, home: Publication) -> Subscription:
    make.subscription(publication=home)  # somebody who stays
    subscription: Subscription = make.subscription(publication=home)
    return subscription


def leave(reader: Subscription) -> None:
    with unit_of_work() as session:
        row = session.get_one(Subscription, reader.id)
        unsubscribe(subscription=row, request=BY_LINK, now=utc_now())


def undo(reader: Subscription) -> None:
    with unit_of_work() as session:
        row = session.get_one(Subscription, reader.id)
        come_back(subscription=row, round=row.round, request=BY_LINK, now=utc_now())


def send(digest: Digest) -> None:
    for batch_id in batch_ids(digest):
        send_batch(batch_id=batch_id, mailer=RecordingMailer(), clock=utc_now)


def articles_sent(reader: Subscription) -> list[str]:
    """Return the ids of the articles in all that was sent to her."""
    db.session.rollback()
    carried = (
        sa.select(Variant.article_ids)
        .join(Delivery, Delivery.variant_id == Variant.id)
        .where(Delivery.subscription_id == reader.id, Delivery.state == DeliveryState.SENT)
        .order_by(Delivery.id)
    )
    return [one for ids in db.session.scalars(carried) for one in ids.split(",")]


def every_article() -> list[str]:
    return [str(one) for one in db.session.scalars(sa.select(Article.id).order_by(Article.id))]


def test_a_copy_that_still_waits_is_sent(
    home: Publication, reader: Subscription, publish: Publish
) -> None:
    digest = publish(home, now=utc_now())
    leave(reader)
    undo(reader)
    send(digest)
    assert articles_sent(reader) == every_article()
    assert reload(reader).cursor == 1


def test_what_a_left_out_copy_carried_comes_with_the_next_digest_and_once(
    make: Make, home: Publication, reader: Subscription, publish: Publish
) -> None:
    digest = publish(home, now=utc_now())
    leave(reader)
    send(digest)
    undo(reader)
    assert reload(reader).cursor == 0
    make.article(publication=reload(home))
    send(publish(home, now=utc_now() + timedelta(days=1)))
    assert sorted(articles_sent(reader)) == every_article()


def test_several_copies_left_out_come_back_together(
    make: Make, home: Publication, reader: Subscription, publish: Publish
) -> None:
    first = publish(home, now=utc_now())
    make.article(publication=reload(home))
    second = publish(home, now=utc_now())
    leave(reader)
    send(first)
    send(second)
    undo(reader)
    undo(reader)
    assert reload(reader).cursor == 0


def test_what_came_with_a_later_copy_does_not_come_again(
    make: Make, home: Publication, reader: Subscription, publish: Publish
) -> None:
    first = publish(home, now=utc_now())
    make.article(publication=reload(home))
    send(publish(home, now=utc_now()))
    leave(reader)
    send(first)
    undo(reader)
    assert reload(reader).cursor == 2


def test_what_staff_cancelled_does_not_come_back(
    home: Publication, reader: Subscription, publish: Publish
) -> None:
    digest = publish(home, now=utc_now())
    leave(reader)
    with unit_of_work() as session:
        found = session.get_one(Digest, digest.id)
        cancel_digest(digest=found, reason="", now=utc_now())
    undo(reader)
    assert reload(reader).cursor == 1


def test_a_worker_that_looked_before_the_undo_leaves_nobody_out(
    home: Publication, reader: Subscription, publish: Publish
) -> None:
    digest = publish(home, now=utc_now())
    leave(reader)
    hers = sa.select(Delivery.id).where(Delivery.subscription_id == reader.id)
    (delivery_id,) = db.session.scalars(hers)
    undo(reader)
    with unit_of_work():
        record_skipped(skipped=[(delivery_id, "unsubscribed")])
    send(digest)
    assert articles_sent(reader) == every_article()


def test_who_chose_other_topics_before_she_left_is_considered_again_too(
    make: Make, publish: Publish
) -> None:
    paper = make.publication()
    europe, asia = (make.topic(publication=paper, name=name) for name in ("Europe", "Asia"))
    make.article(publication=paper, topics=[europe, asia])
    reader = make.subscription(publication=paper, topics=frozenset({europe.id}))
    digest = publish(paper, now=utc_now())
    with unit_of_work() as session:
        session.get_one(Subscription, reader.id).topics = frozenset({asia.id})
    leave(reader)
    send(digest)
    undo(reader)
    send(publish(paper, now=utc_now() + timedelta(days=1)))
    assert articles_sent(reader) == every_article()
