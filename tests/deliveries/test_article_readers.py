"""Whom an article reached, and who was left out and why."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.deliveries.article_readers import ArticleReaders, article_readers
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.send import send_batch
from newsletter.digests.models import Digest
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.models import Subscription, SubscriptionState
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids
from tests.factories import NOW, Make, reload


@pytest.fixture
def home(make: Make) -> Publication:
    return make.publication()


def send(digest: Digest) -> None:
    for batch_id in batch_ids(digest):
        send_batch(batch_id=batch_id, mailer=RecordingMailer(), clock=lambda: NOW)


def readers_of(article: Article) -> ArticleReaders:
    return article_readers(article=reload(article), now=NOW)


def test_an_article_that_no_digest_carried_reached_nobody(make: Make, home: Publication) -> None:
    found = readers_of(make.article(publication=home))
    assert (found.sent, found.waiting, found.skipped, found.not_their_topics) == (0, 0, {}, 0)


def test_every_reader_is_counted_where_she_stands(
    make: Make, home: Publication, publish: Publish
) -> None:
    europe, asia = (make.topic(publication=home, name=name) for name in ("Europe", "Asia"))
    article = make.article(publication=home, topics=[europe])
    make.article(publication=home, topics=[asia])
    chose_asia = frozenset({asia.id})
    make.subscription(publication=home)
    make.subscription(publication=home, topics=frozenset({europe.id, asia.id}))
    make.subscription(publication=home, topics=chose_asia)
    make.subscription(publication=home, topics=chose_asia, cursor=1)  # due for the other only
    later = NOW + timedelta(hours=1)
    make.subscription(publication=home, topics=chose_asia, cursor=1, confirmed_at=later)
    make.subscription(publication=home, paused_until=NOW + timedelta(days=3))
    make.subscription(publication=home, cadence=Cadence.WEEKLY)
    left = make.subscription(publication=home)
    refused = make.subscription(publication=home)
    digest = publish(home)
    with unit_of_work() as session:
        session.get_one(Subscription, left.id).state = SubscriptionState.UNSUBSCRIBED
    found = readers_of(article)
    assert (found.sent, found.waiting) == (0, 4)
    send(digest)
    with unit_of_work() as session:
        session.execute(
            sa.update(Delivery)
            .where(Delivery.subscription_id == refused.id)
            .values(state=DeliveryState.FAILED)
        )
    assert readers_of(article) == ArticleReaders(
        sent=2,
        waiting=0,
        failed=1,
        skipped={"unsubscribed": 1},
        not_their_topics=2,
        paused=1,
    )


def test_who_has_it_from_one_digest_is_not_left_out_by_another(
    make: Make, home: Publication, publish: Publish
) -> None:
    article = make.article(publication=home)
    reader = make.subscription(publication=home)
    make.subscription(publication=home, cadence=Cadence.WEEKLY)
    send(publish(home))
    with unit_of_work() as session:
        session.get_one(Subscription, reader.id).cadence = Cadence.WEEKLY
    make.article(publication=home)
    send(publish(home, Cadence.WEEKLY))
    found = readers_of(article)
    assert (found.sent, found.not_their_topics) == (2, 0)


def test_numbers_that_begin_alike_are_told_apart(
    make: Make, home: Publication, publish: Publish
) -> None:
    articles = [make.article(publication=home, id=number) for number in (1, 11, 111)]
    make.subscription(publication=home, cursor=1)
    send(publish(home))
    assert [readers_of(one).sent for one in articles] == [0, 1, 1]
