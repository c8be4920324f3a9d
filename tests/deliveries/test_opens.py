"""Opens: programs are told apart, a day of each reader is kept, and nobody is logged."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from redis import ConnectionError as RedisAway

from newsletter.deliveries.models import Delivery
from newsletter.deliveries.open_figures import OpenFigures, open_figures
from newsletter.deliveries.open_models import OpenCount
from newsletter.deliveries.opens import (
    SOON,
    WAITING,
    add_opens,
    forget_opens,
    note_open,
    take_opens,
)
from newsletter.digests.clicks import Visit
from newsletter.digests.models import Digest
from newsletter.extensions import db, redis
from newsletter.publications.models import Publication
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.subscriptions.signs import forget
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.opening import SENT, deliveries, sent
from tests.deliveries.opening import digest as digest
from tests.factories import Make

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GOOGLE = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
APPLE = "Mozilla/5.0"
READ = SENT + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _redis_answers() -> Iterator[None]:
    WAITING.quiet_until = 0.0
    yield
    WAITING.quiet_until = 0.0


def opened(
    delivery: Delivery, *, agent: str = BROWSER, at: datetime = READ, method: str = "GET"
) -> None:
    visit = Visit(method=method, user_agent=agent, purpose="", address="192.0.2.7")
    note_open(delivery_id=delivery.id, visit=visit, now=at)


def count(*, now: datetime = READ + timedelta(minutes=2)) -> None:
    taken = take_opens(now=now)
    assert taken is not None
    with unit_of_work():
        add_opens(taken)
    forget_opens(taken)


def counts(digest: Digest) -> tuple[int, int]:
    db.session.rollback()
    db.session.expire_all()
    row = db.session.get(OpenCount, digest.id)
    return (row.opens, row.machine_opens) if row else (0, 0)


def last_sign(delivery: Delivery) -> object:
    db.session.rollback()
    db.session.expire_all()
    sign = db.session.get(SignOfLife, delivery.subscription_id)
    return sign.last_sign_on if sign else None


def test_a_person_is_counted_a_minute_later_and_seen_by_the_day(digest: Digest) -> None:
    sent(digest)
    reader = deliveries(digest)[0]
    opened(reader)
    opened(reader, at=READ + timedelta(seconds=3))
    assert b"192.0.2" not in b"".join(redis.lrange(WAITING.key, 0, -1))
    count(now=READ + timedelta(seconds=30))
    assert counts(digest) == (0, 0)
    count()
    assert counts(digest) == (1, 0)
    assert last_sign(reader) == READ.date()
    count()
    assert counts(digest) == (1, 0)
    assert redis.llen(WAITING.key) == 0


@pytest.mark.parametrize(
    ("agent", "is_a_sign"),
    [
        (GOOGLE, True),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", True),
        (APPLE, False),
        ("", False),
        ("BarracudaCentral", False),
        ("curl/8.5", False),
    ],
)
def test_programs_are_counted_apart_and_only_some_fetch_when_a_person_opens(
    digest: Digest, agent: str, is_a_sign: bool
) -> None:
    sent(digest)
    reader = deliveries(digest)[0]
    opened(reader, agent=agent)
    count()
    assert counts(digest) == (0, 1)
    assert (last_sign(reader) == READ.date()) is is_a_sign


@pytest.mark.parametrize("agent", [BROWSER, GOOGLE])
def test_what_comes_within_seconds_of_the_mail_is_a_machine(digest: Digest, agent: str) -> None:
    sent(digest)
    reader = deliveries(digest)[0]
    before = last_sign(reader)
    opened(reader, agent=agent, at=SENT + SOON - timedelta(seconds=1))
    count()
    assert counts(digest) == (0, 1)
    assert last_sign(reader) == before


def test_looking_at_the_head_alone_is_a_machine(digest: Digest) -> None:
    sent(digest)
    opened(deliveries(digest)[0], method="HEAD")
    count()
    assert counts(digest) == (0, 1)


def test_nothing_counts_without_consent_after_it_or_from_before_it(
    make: Make, digest: Digest
) -> None:
    sent(digest)
    gone, anew, *_, never = deliveries(digest)
    with unit_of_work():
        forget(subscription_ids=[gone.subscription_id, anew.subscription_id])
    make.sign(subscription=anew.subscription, allowed_at=READ + timedelta(seconds=1))
    for one in (gone, anew, never):
        opened(one)
    count()
    assert counts(digest) == (0, 0)
    assert last_sign(never) is None
    assert last_sign(gone) is None


def test_nothing_counts_once_the_publication_counts_nothing(digest: Digest) -> None:
    sent(digest)
    opened(deliveries(digest)[0])
    with unit_of_work() as session:
        session.get_one(Publication, digest.publication_id).counts_opens = False
    count()
    assert counts(digest) == (0, 0)
    assert open_figures(db.session.get_one(Digest, digest.id)) is None


def test_one_worker_at_a_time_has_opens_in_hand(digest: Digest) -> None:
    assert take_opens(now=READ) is not None
    assert take_opens(now=READ) is None


def test_opens_are_lost_rather_than_waited_for_without_redis(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def away(*_: object) -> None:
        asked.append(1)
        raise RedisAway

    monkeypatch.setattr(redis, "rpush", away)
    opened(deliveries(digest)[0])
    opened(deliveries(digest)[1])
    assert len(asked) == 1


def test_the_figures_say_of_how_many_readers_they_are(digest: Digest) -> None:
    sent(digest)
    opened(deliveries(digest)[0])
    opened(deliveries(digest)[1], agent=GOOGLE)
    count()
    db.session.expire_all()
    figures = open_figures(db.session.get_one(Digest, digest.id))
    assert figures == OpenFigures(readers=10, opens=1, machine_opens=1)
    assert not figures.would_tell
    gone = deliveries(digest)[0].subscription_id
    with unit_of_work():
        forget(subscription_ids=[gone])
    fewer = open_figures(db.session.get_one(Digest, digest.id))
    assert fewer is not None
    assert fewer.would_tell
