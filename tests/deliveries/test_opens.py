"""Opens: only consenting readers' mails tell them, programs are told apart, nobody is logged."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from redis import ConnectionError as RedisAway

from newsletter.clock import utc_now
from newsletter.deliveries import opens
from newsletter.deliveries.batch_mails import BatchMails
from newsletter.deliveries.content import DigestMails, compile_variant
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
from newsletter.deliveries.recipients import due_recipients
from newsletter.deliveries.send import send_batch
from newsletter.digests.budget import LARGEST
from newsletter.digests.clicks import Visit
from newsletter.digests.models import Digest, Variant
from newsletter.extensions import db, redis
from newsletter.mail.dkim_record import Algorithm
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Publication
from newsletter.subscriptions.links import read_open
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.subscriptions.signs import forget
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids
from tests.factories import Make
from tests.mail.test_message import assert_fit_for_the_wire
from tests.publications.dkim_keys import active_key, judged

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GOOGLE = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
APPLE = "Mozilla/5.0"
SENT = utc_now().replace(microsecond=0) - timedelta(hours=2)
READ = SENT + timedelta(hours=1)
OURS = re.compile(rb"http://localhost/open/([a-z0-9-]+)")


@pytest.fixture(autouse=True)
def _redis_answers() -> Iterator[None]:
    opens._quiet["until"] = 0.0
    yield
    opens._quiet["until"] = 0.0


@pytest.fixture
def digest(make: Make, publish: Publish) -> Digest:
    """A signed digest for twelve readers; the first ten allow opens."""
    home = make.publication(from_email="paper@example.net", counts_opens=True)
    for algorithm in Algorithm:
        active_key(home, algorithm)
    make.article(publication=home)
    for number in range(12):
        reader = make.subscription(publication=home, email=f"reader{number}@example.org")
        if number < 10:
            make.sign(
                subscription=reader,
                allowed_at=SENT - timedelta(days=40),
                last_sign_on=(SENT - timedelta(days=40)).date(),
            )
    return publish(home, now=SENT)


def sent(digest: Digest) -> dict[str, bytes]:
    """Send all that is due; return it by address."""
    mailer = RecordingMailer()
    for batch_id in batch_ids(digest):
        send_batch(batch_id=batch_id, mailer=mailer, clock=lambda: SENT)
    return {mail.recipient: mail.content for mail in mailer.sent}


def soft_joined(content: bytes) -> bytes:
    return content.replace(b"=\r\n", b"").replace(b"=3D", b"=")


def deliveries(digest: Digest) -> list[Delivery]:
    db.session.rollback()
    found = sa.select(Delivery).where(Delivery.digest_id == digest.id).order_by(Delivery.id)
    return list(db.session.scalars(found))


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


def test_only_the_mails_of_readers_who_allow_it_carry_the_picture(digest: Digest) -> None:
    mails = sent(digest)
    tellers = {to for to, mail in mails.items() if OURS.search(soft_joined(mail))}
    assert tellers == {f"reader{number}@example.org" for number in range(10)}
    ids = {to: one.id for one in deliveries(digest) for to in [one.subscription.subscriber.email]}
    for to in tellers:
        (token,) = OURS.findall(soft_joined(mails[to]))
        assert read_open(token.decode()) == ids[to]
    for to in mails.keys() - tellers:
        assert b'width=3D"1"' not in mails[to]
        assert b"/open/" not in soft_joined(mails[to])


def test_mails_with_the_picture_and_without_are_signed_and_fit_for_the_wire(
    digest: Digest,
) -> None:
    mails = sent(digest)
    for to in ("reader0@example.org", "reader11@example.org"):
        assert judged(mails[to]) == [True, True]
        long = ("to", "message-id", "list-unsubscribe", "list-archive")
        assert_fit_for_the_wire(mails[to], whole=long)


def test_other_readers_mails_are_octet_for_octet_as_where_nothing_is_counted(
    digest: Digest,
) -> None:
    last = deliveries(digest)[-1]
    assert last.batch_id is not None

    def written() -> bytes:
        db.session.expire_all()
        counting = digest.publication.counts_opens
        (to,) = [
            one
            for one in due_recipients(
                batch_id=last.batch_id or 0, now=SENT, limit=50, with_opens=counting
            )
            if one.delivery_id == last.id
        ]
        return DigestMails(db.session.get_one(Digest, digest.id), now=SENT).mail_to(to).content

    counting = written()
    with unit_of_work() as session:
        session.get_one(Publication, digest.publication_id).counts_opens = False
    unsigned = [mail.partition(b"\r\nFrom: ")[2] for mail in (counting, written())]
    assert unsigned[0] == unsigned[1] != b""


def test_no_mail_carries_it_once_the_publication_counts_nothing(digest: Digest) -> None:
    with unit_of_work() as session:
        session.get_one(Publication, digest.publication_id).counts_opens = False
    assert not any(OURS.search(soft_joined(mail)) for mail in sent(digest).values())


def test_a_consent_taken_back_counts_from_the_next_slice_on(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.deliveries.batch_mails.SLICE", 1)
    first, second, *_ = deliveries(digest)
    mailer = RecordingMailer()
    real = BatchMails._mail_to

    def forgetting(self: BatchMails, *args: object) -> object:
        mail = real(self, *args)  # type: ignore[arg-type]
        with unit_of_work():
            forget(subscription_ids=[second.subscription_id])
        return mail

    monkeypatch.setattr(BatchMails, "_mail_to", forgetting)
    send_batch(batch_id=batch_ids(digest)[0], mailer=mailer, clock=lambda: SENT)
    tells = [bool(OURS.search(soft_joined(mail.content))) for mail in mailer.sent[:3]]
    assert tells == [True, False, True]
    assert mailer.sent[0].recipient == first.subscription.subscriber.email


def test_the_stored_variant_knows_nothing_of_it_and_grows_by_little(digest: Digest) -> None:
    variant = db.session.scalars(sa.select(Variant)).one()
    assert "openurl" not in variant.html + variant.text
    plain, telling = (
        len(b"".join(p for p in compile_variant(variant, opens=opens).pieces if type(p) is bytes))
        for opens in (False, True)
    )
    assert 0 < telling - plain < 200 < 102_000 - LARGEST


def test_a_person_is_counted_a_minute_later_and_seen_by_the_day(digest: Digest) -> None:
    sent(digest)
    reader = deliveries(digest)[0]
    opened(reader)
    opened(reader, at=READ + timedelta(seconds=3))
    assert b"192.0.2" not in b"".join(redis.lrange(WAITING, 0, -1))
    count(now=READ + timedelta(seconds=30))
    assert counts(digest) == (0, 0)
    count()
    assert counts(digest) == (1, 0)
    assert last_sign(reader) == READ.date()
    count()
    assert counts(digest) == (1, 0)
    assert redis.llen(WAITING) == 0


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

    monkeypatch.setattr(opens.redis, "rpush", away)
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
