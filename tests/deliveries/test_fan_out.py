"""Fan-out: every due reader once, her cursor moved with her delivery."""

import itertools
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.deliveries.fan_out import fan_out
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.digests.models import Audience, Digest, DigestState, Variant
from newsletter.digests.publish import freeze
from newsletter.digests.start import start_due
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import Hours
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.hours import choose_hours
from newsletter.subscriptions.models import Source, Subscription, SubscriptionState
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, states
from tests.deliveries.fanning_out import article as article
from tests.deliveries.fanning_out import deliveries
from tests.deliveries.fanning_out import home as home
from tests.factories import NOW, Make, reload

LATER_HOURS = Hours(time(18), "UTC")


def carried(delivery: Delivery) -> set[int]:
    assert delivery.variant is not None
    return {int(one) for one in delivery.variant.article_ids.split(",")}


def test_only_readers_who_are_due_get_a_delivery(
    make: Make, home: Publication, article: Article, publish: Publish
) -> None:
    due = make.subscription(publication=home)
    back = make.subscription(publication=home, paused_until=NOW - timedelta(days=1))
    make.subscription(publication=home, state=SubscriptionState.PENDING)
    make.subscription(publication=home, state=SubscriptionState.UNSUBSCRIBED)
    make.subscription(publication=home, cadence=Cadence.WEEKLY)
    make.subscription(publication=home, paused_until=NOW + timedelta(days=1))
    make.subscription(publication=home, cursor=home.last_position + 1)
    make.subscription(publication=make.publication())
    make.subscription(publication=home, email="silenced@example.org")
    with unit_of_work():
        suppress(address="silenced@example.org", reason=SuppressionReason.MANUAL, now=NOW)
    digest = publish(home)
    reached = [one.subscription_id for one in deliveries(digest)]
    assert reached == [due.id, back.id]
    assert reload(digest).candidates == 2
    assert reload(due).cursor == reload(home).last_position


def test_a_repeated_fan_out_changes_nothing(
    make: Make, home: Publication, article: Article, publish: Publish
) -> None:
    for _ in range(3):
        make.subscription(publication=home)
    digest = publish(home)
    before = states(digest)
    assert fan_out(digest_id=digest.id, now=NOW) == 3
    assert states(digest) == before


def test_a_reader_of_another_topic_is_skipped_with_the_reason_and_moves_on(
    make: Make, home: Publication, publish: Publish
) -> None:
    europe, asia = (make.topic(publication=home, name=name) for name in ("Europe", "Asia"))
    make.article(publication=home, topics=[europe])
    reader = make.subscription(publication=home, topics=frozenset({asia.id}))
    digest = publish(home)
    (delivery,) = deliveries(digest)
    assert (delivery.state, delivery.reason) == (DeliveryState.SKIPPED, "nothing_new")
    assert reload(reader).cursor == reload(home).last_position
    assert reload(digest).state is DigestState.SENT, "nothing is left to send"


def test_readers_who_get_the_same_articles_share_one_rendering(
    make: Make, home: Publication, publish: Publish
) -> None:
    europe, asia = (make.topic(publication=home, name=name) for name in ("Europe", "Asia"))
    make.article(publication=home, topics=[europe])
    make.article(publication=home, topics=[europe, asia])
    for wish in (frozenset(), frozenset({europe.id}), frozenset({asia.id})):
        for _ in range(3):
            make.subscription(publication=home, topics=wish)
    digest = publish(home)
    count = sa.select(sa.func.count()).where
    assert db.session.scalar(count(Audience.digest_id == digest.id)) == 3
    assert db.session.scalar(count(Variant.digest_id == digest.id)) == 2


def test_a_reader_further_behind_gets_what_she_missed(
    make: Make, home: Publication, publish: Publish
) -> None:
    first, second = (make.article(publication=home) for _ in range(2))
    fresh = make.subscription(publication=home, cursor=1)
    behind = make.subscription(publication=home, cursor=0)
    digest = publish(home)
    by_reader = {one.subscription_id: carried(one) for one in deliveries(digest)}
    assert by_reader == {fresh.id: {second.id}, behind.id: {first.id, second.id}}


def test_who_changes_cadence_and_topics_between_digests_gets_every_article_once(
    make: Make, home: Publication, publish: Publish
) -> None:
    europe, asia = (make.topic(publication=home, name=name) for name in ("Europe", "Asia"))
    reader = make.subscription(publication=home)
    received: list[int] = []
    hours = itertools.count()

    def change(**wish: object) -> None:
        with unit_of_work() as session:
            row = session.get_one(Subscription, reader.id)
            for field, value in wish.items():
                setattr(row, field, value)

    def send(cadence: Cadence) -> None:
        digest = publish(home, cadence, now=NOW + timedelta(hours=next(hours)))
        mine = [one for one in deliveries(digest) if one.subscription_id == reader.id]
        received.extend(one for delivery in mine if delivery.variant for one in carried(delivery))

    a = make.article(publication=home, topics=[europe])
    send(Cadence.DAILY)
    b = make.article(publication=home, topics=[asia])
    change(cadence=Cadence.WEEKLY)
    send(Cadence.DAILY)  # not hers any more
    c = make.article(publication=home, topics=[europe])
    send(Cadence.WEEKLY)
    change(topics=frozenset({asia.id}))
    make.article(publication=home, topics=[europe])  # knowingly left out: not her topic
    d = make.article(publication=home, topics=[asia])
    change(cadence=Cadence.INSTANT)
    send(Cadence.WEEKLY)
    send(Cadence.INSTANT)
    send(Cadence.DAILY)
    assert sorted(received) == [a.id, b.id, c.id, d.id]


def test_a_digest_at_an_own_hour_reaches_its_readers_only_and_the_publications_all_others(
    make: Make, home: Publication, article: Article
) -> None:
    early, late = (make.subscription(publication=home) for _ in range(2))
    choose(late, LATER_HOURS, NOW - timedelta(days=1))
    (main,) = started(home, NOW)
    assert [one.subscription_id for one in deliveries(main)] == [early.id]
    assert reload(late).cursor == 0
    (own,) = started(home, NOW.replace(hour=18))
    assert [one.subscription_id for one in deliveries(own)] == [late.id]
    assert reload(own).candidates == 1


def test_who_changes_her_hours_after_the_slot_and_before_the_fan_out_is_served_once(
    make: Make, home: Publication, article: Article
) -> None:
    reader = make.subscription(publication=home)
    (main,) = started(home, NOW, publish=False)
    choose(reader, LATER_HOURS, NOW)
    publish_now(main, NOW)
    assert [one.subscription_id for one in deliveries(main)] == [reader.id]
    make.article(publication=home)
    assert started(home, NOW.replace(hour=19)) == [], "today's has come"
    morning, evening = started(home, NOW.replace(day=3, hour=18))
    assert deliveries(morning) == []
    assert [one.subscription_id for one in deliveries(evening)] == [reader.id]


def choose(reader: Subscription, hours: Hours, now: datetime) -> None:
    with unit_of_work():
        request = RequestEvidence(Source.MAIL_LINK)
        choose_hours(subscription=reader, hours=hours, request=request, now=now)


def started(home: Publication, now: datetime, *, publish: bool = True) -> list[Digest]:
    """Start what is due by the clock, publish it, and return the daily digests that went."""
    with unit_of_work():
        digests = start_due(publication_id=home.id, now=now)
    daily = [one for one in digests if one.cadence is Cadence.DAILY]
    if publish:
        for digest in daily:
            publish_now(digest, now)
    return [one for one in daily if reload(one).state is not DigestState.CANCELLED]


def publish_now(digest: Digest, now: datetime) -> None:
    with unit_of_work():
        freeze(digest_id=digest.id, now=now)
    fan_out(digest_id=digest.id, now=now)
