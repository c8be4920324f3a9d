"""Letters per mailbox: one a day, three a month, whatever the spelling."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.confirm import confirm
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.gate_models import LetterShare
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    LetterState,
    Source,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.shares import SIGNUP_LETTERS, forget_old_shares, take_share
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make
from tests.subscriptions.asking import ask


def spellings(count: int) -> list[str]:
    """Return so many ways to write one mailbox."""
    name = "annasmith"
    dotted = [f"{name[:cut]}.{name[cut:]}" for cut in range(1, len(name))]
    ways = [name, name.upper(), *dotted]
    return [
        f"{ways[number % len(ways)]}+{number}@{('gmail.com', 'googlemail.com')[number % 2]}"
        for number in range(count)
    ]


def letters() -> int:
    db.session.rollback()
    return db.session.scalars(sa.select(sa.func.count(Letter.id))).one()


def test_a_thousand_spellings_of_one_mailbox_get_one_letter(make: Make) -> None:
    reader = make.subscriber().id
    with unit_of_work():
        taken = [
            take_share(subscriber=Subscriber(id=reader, email=address), now=NOW)
            for address in spellings(1000)
        ]
    assert taken == [True] + [False] * 999
    assert db.session.scalars(sa.select(sa.func.count(LetterShare.id))).one() == 1


def test_signups_from_many_networks_by_many_spellings_cause_one_confirmation(make: Make) -> None:
    publication = make.publication()
    for number, address in enumerate(spellings(40)):
        request = RequestEvidence(Source.PAGE, ip_address=f"198.51.{number}.7")
        ask(publication, address, request=request)
    assert letters() == 1


def test_three_spellings_a_month_and_not_one_more(make: Make) -> None:
    publication = make.publication()
    for day, address in zip((0, 1, 2, 3, 29, 31), spellings(6), strict=True):
        ask(publication, address, now=NOW + timedelta(days=day))
    assert letters() == 4, "three at once, the fourth when the first is a month old"


def test_what_is_mailed_is_the_address_as_typed(make: Make) -> None:
    ask(make.publication(), "Ann.Smith+news@gmail.com")
    assert db.session.scalars(sa.select(Subscriber.email)).one() == "Ann.Smith+news@gmail.com"


def test_signups_of_one_mailbox_at_the_same_moment_cause_one_letter(app: Flask, make: Make) -> None:
    publication_id = make.publication().id

    def sign_up_once(address: str) -> None:
        with app.app_context():
            ask(db.session.get_one(Publication, publication_id), address)
            db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sign_up_once, spellings(40)))
    assert letters() == 1


def test_a_letter_that_an_import_caused_counts(make: Make) -> None:
    publication = make.publication()
    subscription = make.subscription(
        publication=publication,
        email="ann@example.org",
        state=SubscriptionState.PENDING,
        confirmed_at=None,
    )
    make.letter(subscription=subscription, state=LetterState.SENT)
    ask(make.publication(), "ann@example.org", now=NOW + timedelta(hours=23))
    assert letters() == 1


def confirm_newest(publication: Publication, *, now: datetime) -> None:
    with unit_of_work() as session:
        row = session.scalars(
            sa.select(Subscription).where(Subscription.publication_id == publication.id)
        ).one()
        confirm(
            subscription=row, round=row.round, request=RequestEvidence(Source.MAIL_LINK), now=now
        )


def kinds() -> list[LetterKind]:
    db.session.rollback()
    wanted = sa.select(Letter.kind).where(Letter.kind.in_(SIGNUP_LETTERS)).order_by(Letter.id)
    return list(db.session.scalars(wanted))


def test_who_confirmed_may_subscribe_to_another_publication_on_the_same_day(make: Make) -> None:
    one, other, third = (make.publication(welcome=False) for _ in range(3))
    ask(one, "ann@example.org")
    ask(other, "ann@example.org")
    assert len(kinds()) == 1, "nobody knows yet whether she wants any"
    confirm_newest(one, now=NOW + timedelta(minutes=5))
    ask(other, "ann@example.org", now=NOW + timedelta(minutes=6))
    ask(third, "Ann+more@example.org", now=NOW + timedelta(minutes=7))
    ask(one, "ann@example.org", now=NOW + timedelta(minutes=8))
    assert kinds() == [LetterKind.CONFIRMATION] * 2, "strangers gain the one that she answered"


def test_only_the_letter_that_was_answered_is_given_back(make: Make) -> None:
    paper = make.publication(welcome=False)
    for day in (0, 2, 4):
        ask(paper, "ann@example.org", now=NOW + timedelta(days=day))
    confirm_newest(paper, now=NOW + timedelta(days=4, hours=1))
    share = db.session.scalars(sa.select(LetterShare)).one()
    assert (share.latest_at, share.second_at, share.third_at) == (
        NOW + timedelta(days=2),
        NOW,
        None,
    )


def test_a_share_is_forgotten_once_it_keeps_nobody_from_a_letter(make: Make) -> None:
    ask(make.publication(), "ann@example.org")
    with unit_of_work():
        assert forget_old_shares(now=NOW + timedelta(days=29)) == 0
        assert forget_old_shares(now=NOW + timedelta(days=30)) == 1
        assert db.session.scalars(sa.select(sa.func.count(Subscription.id))).one() == 1
