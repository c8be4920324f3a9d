"""Readers who leave while a digest runs: not one later mail.

They leave by one-click POSTs, by the page that the footer leads to, and by mail, most of them in
the very moment in which their copies are about to go.
Sizes: FAULT_LEAVE_READERS, FAULT_LEAVERS.
"""

import random
import smtplib
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from newsletter import PROJECT_DIR
from newsletter.deliveries.batch_mails import FRESH_SECONDS
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.extensions import db
from newsletter.feedback.models import Notice
from newsletter.subscriptions import links
from newsletter.subscriptions.models import Subscriber, Subscription, SubscriptionState
from tests.faults.digests import digest_in_batches, sweep, wait_until_sent
from tests.faults.ledger_server import Script
from tests.faults.service import Service
from tests.faults.sizes import LEAVE_READERS, LEAVERS, PROCESSES, WHOLE
from tests.production import children
from tests.standalone.service import free_port

pytestmark = pytest.mark.fault

#: Readers who leave at the same moment.
AT_ONCE = 6
#: How far ahead of the mail that went last somebody leaves, in mails of her batch, at most.
AHEAD = 60
#: Readers of the digest that goes to a slow server.
SLOW_READERS = 120


@dataclass(frozen=True)
class Left:
    """One reader who left: how, and between which moments she was told that it is done."""

    email: str
    way: str
    asked_at: float
    told_at: float


class Hurried(Script):
    """A quick server, slow enough for batches to be under way when somebody leaves."""

    pace = 0.0 if WHOLE else 0.02


class Slow(Script):
    """A server that takes its time: mails wait, pulled and announced, behind others."""

    pace = 0.5


def test_an_unsubscribe_during_a_running_digest_means_not_one_later_mail(
    service: Service,
) -> None:
    service.ledger.script = Hurried()
    digest = digest_in_batches(LEAVE_READERS)
    service.start("web", "letters")
    service.wait_for_pages()
    port = listener(service)
    service.start("worker")
    left = leave_during(service, digest, port, count=LEAVERS)
    nobody_is_mailed_later(service, digest, left, readers=LEAVE_READERS)

    service.ledger.script = Slow()
    slow = digest_in_batches(SLOW_READERS, batches=PROCESSES, first=LEAVE_READERS)
    service.ledger.accepted.clear()
    sweep()
    left = leave_during(service, slow, port, count=SLOW_READERS // 5, ahead=6)
    nobody_is_mailed_later(service, slow, left, readers=SLOW_READERS)


def leave_during(
    service: Service, digest: int, port: int, *, count: int, ahead: int = AHEAD
) -> list[Left]:
    """Let readers leave while a digest goes out; return who did, and when, once it is sent."""
    ids, order = subscriptions(), queues(digest)
    service.wait(lambda: order_has_begun(service, order), "the first mail")
    chosen, ways = about_to_be_mailed(service, order, count, ahead), cycle_of(service, port)
    with ThreadPoolExecutor(AT_ONCE) as crowd:
        told = [
            crowd.submit(way, email, ids[email]) for email, way in zip(chosen, ways, strict=False)
        ]
    left = [one.result() for one in told]
    wait_until_sent(service, digest, within=1800)
    return left


def order_has_begun(service: Service, order: list[list[str]]) -> bool:
    return any(batch[0] in service.ledger.began for batch in order)


def subscriptions() -> dict[str, int]:
    """Return everybody's subscription."""
    db.session.rollback()
    found = sa.select(Subscriber.email, Subscription.id).join(
        Subscription, Subscription.subscriber_id == Subscriber.id
    )
    rows = {email: subscription_id for email, subscription_id in db.session.execute(found)}
    db.session.rollback()
    return rows


def queues(digest: int) -> list[list[str]]:
    """Return the readers of each batch, in the order in which they are mailed."""
    db.session.rollback()
    found = (
        sa.select(Delivery.batch_id, Subscriber.email)
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Delivery.digest_id == digest)
        .order_by(Delivery.id)
    )
    batches: dict[int, list[str]] = {}
    for batch_id, email in db.session.execute(found):
        batches.setdefault(batch_id, []).append(email)
    db.session.rollback()
    return list(batches.values())


def about_to_be_mailed(
    service: Service, order: list[list[str]], count: int, ahead: int
) -> Iterator[str]:
    """Choose readers one after another, most a little ahead of the mails, some anywhere."""
    chosen: set[str] = set()
    began, total = service.ledger.began, sum(map(len, order))
    before = len(began.keys() - {email for batch in order for email in batch})
    for number in range(count):
        # As far apart as the mails are, so that somebody leaves at every moment of the digest.
        service.wait(
            lambda number=number: (
                (len(began) - before + len(chosen)) * count >= number * total * 0.9
            ),
            "the next moment",
        )
        batch, place = next_place(order, began, chosen)
        last = len(batch) if number % 5 == 4 else place + ahead
        waiting = [one for one in batch[place:last] if one not in chosen and one not in began]
        if waiting:
            chosen.add(email := random.choice(waiting))
            yield email


def next_place(
    order: list[list[str]], began: dict[str, float], chosen: set[str]
) -> tuple[list[str], int]:
    """Return a batch, one that is under way if there is, and how far it has come."""

    def waits(email: str) -> bool:
        return email not in began and email not in chosen

    places = [(batch, bisect_left(batch, True, key=waits)) for batch in order]
    open_ = [(batch, place) for batch, place in places if place < len(batch)]
    under_way = [(batch, place) for batch, place in open_ if place]
    return random.choice(under_way or open_ or places)


Way = Callable[[str, int], Left]


def cycle_of(service: Service, port: int) -> Iterator[Way]:
    """Return the ways of leaving, one-click most often, for ever."""

    def by_one_click(email: str, subscription_id: int) -> Left:
        link = links.one_click_url(subscription_id=subscription_id)
        return posted(email, "one-click", link, {"List-Unsubscribe": "One-Click"})

    def by_page(email: str, subscription_id: int) -> Left:
        link = links.unsubscribe_url(subscription_id=subscription_id)
        assert service.ask(link).status == 200, "the page with the button"
        return posted(email, "page", link, {})

    def posted(email: str, way: str, link: str, fields: dict[str, str]) -> Left:
        asked_at = time.monotonic()
        answer = service.ask(link, fields)
        told_at = time.monotonic()
        assert answer.status == 200, answer.text
        return Left(email, way, asked_at, told_at)

    def by_mail(email: str, subscription_id: int) -> Left:
        with service.app.app_context():
            token = links.unsubscribe_url(subscription_id=subscription_id).rpartition("/")[2]
            address = f"unsubscribe+{token}@bounces.example.org"
            asked_at = time.monotonic()
            with smtplib.LMTP("127.0.0.1", port) as server:
                server.sendmail(email, [address], f"From: {email}\r\nTo: {address}\r\n\r\n")
            service.wait(lambda: has_ended(subscription_id), "the end by mail")
            # Nobody is answered: it counts once it is committed and everybody has heard of it.
            return Left(email, "mail", asked_at, time.monotonic() + FRESH_SECONDS)

    def in_context(way: Way) -> Way:
        def within(email: str, subscription_id: int) -> Left:
            with service.app.app_context():
                return way(email, subscription_id)

        return within

    while True:
        yield from map(in_context, [by_one_click, by_one_click, by_page, by_one_click])
        yield by_mail


def has_ended(subscription_id: int) -> bool:
    db.session.rollback()
    state = db.session.scalar(
        sa.select(Subscription.state).where(Subscription.id == subscription_id)
    )
    db.session.rollback()
    return state is SubscriptionState.UNSUBSCRIBED


def listener(service: Service) -> int:
    """Start the LMTP listener; return its port."""
    port = free_port()
    log = service.log_path("listen")
    command = ["flask", "bounces", "listen", "--lmtp", f"127.0.0.1:{port}"]
    process = children.start(command, log=log, cwd=PROJECT_DIR, environment=service.environment)
    service.processes["listen"] = process
    children.wait_for_port(port, process, log=log)
    return port


def nobody_is_mailed_later(
    service: Service, digest: int, left: list[Left], *, readers: int
) -> None:
    """Check the ledger and the rows against the moments at which readers were told."""
    ledger = service.ledger
    began = {one: ledger.began.get(one.email) for one in left}
    later = {
        one: moment - one.told_at
        for one, moment in began.items()
        if moment is not None and moment - ledger.lag_at(moment) > one.told_at
    }
    spared = [one for one, moment in began.items() if moment is None]
    meanwhile = [
        one.told_at - moment
        for one, moment in began.items()
        if moment is not None and moment > one.asked_at
    ]
    print(
        f"left: {len(left)} of {readers} {dict(Counter(one.way for one in left))}; spared: "
        f"{len(spared)}; mailed before they asked: {len(left) - len(spared) - len(meanwhile)}; "
        f"while they asked: {len(meanwhile)}, the last {min(meanwhile, default=0) * 1000:.0f} ms "
        f"before the answer; later: {len(later)}; answers took up to "
        f"{max(one.told_at - one.asked_at for one in left if one.way != 'mail') * 1000:.0f} ms"
    )
    assert not later, f"mailed later: {[(one.way, by) for one, by in later.items()]}"
    assert len(spared) > len(left) // 3, "the test is to hit readers whose copies still wait"
    mails = [(who, name) for who, name in ledger.accepted.elements() if "delivery-" in name]
    assert len(mails) == len(set(mails)) == readers - len(spared), "and everybody else got hers"
    assert skipped(digest) == {one.email for one in spared}
    assert db.session.scalar(sa.select(sa.func.count()).where(Notice.handled_at.is_(None))) == 0


def skipped(digest: int) -> set[str]:
    """Return who was left out because she had unsubscribed."""
    db.session.rollback()
    found = (
        sa.select(Subscriber.email)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .join(Delivery, Delivery.subscription_id == Subscription.id)
        .where(Delivery.digest_id == digest, Delivery.state == DeliveryState.SKIPPED)
        .where(Delivery.reason == "unsubscribed")
    )
    return set(db.session.scalars(found))
