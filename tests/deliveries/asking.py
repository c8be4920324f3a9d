"""A publication that asks, a reader who is silent, and what is done to her."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from newsletter.deliveries.ask_silent import (
    ask_some,
    end_some,
)
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.silence import LEAST_MAILS
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Publication
from newsletter.subscriptions.letters import due_letters, send_letter
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    Subscription,
)
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make

#: An hour at which publications in UTC ask, a year and more after the readers' last sign.
ASKED = datetime.combine(date(2027, 5, 3), time(10), NOW.tzinfo)
MONTHS = 12


@pytest.fixture
def home(make: Make) -> Publication:
    return make.publication(
        name="The Harbour", counts_opens=True, ask_after_months=MONTHS, ends_unanswered=True
    )


@pytest.fixture
def mails(make: Make, home: Publication) -> Sequence[Digest]:
    """What went out in the months before."""
    return [make.digest(publication=home) for _ in range(LEAST_MAILS)]


def mailed(reader: Subscription, mails: Sequence[Digest], *, at: datetime) -> None:
    with unit_of_work() as session:
        session.add_all(
            Delivery(
                digest_id=one.id, subscription_id=reader.id, state=DeliveryState.SENT, sent_at=at
            )
            for one in mails
        )


@pytest.fixture
def silent(make: Make, home: Publication, mails: Sequence[Digest]) -> Subscription:
    """A reader who consented, got three mails, and was not seen."""
    reader = make.subscription(publication=home, email="Silent@example.org")
    make.sign(subscription=reader)
    mailed(reader, mails, at=ASKED - timedelta(days=30))
    return reader


def ask(home: Publication, *, now: datetime = ASKED) -> int:
    with unit_of_work():
        return ask_some(publication_id=home.id, now=now)


def post(*, now: datetime = ASKED) -> list[bytes]:
    mailer = RecordingMailer()
    for letter_id in due_letters(now=now):
        send_letter(letter_id=letter_id, mailer=mailer, now=now)
    return [mail.content for mail in mailer.sent]


def asked(kind: LetterKind = LetterKind.STILL_WANTED) -> list[int]:
    db.session.rollback()
    letters = sa.select(Letter.subscription_id).where(Letter.kind == kind)
    return list(db.session.scalars(letters))


def end(home: Publication, *, now: datetime) -> int:
    with unit_of_work():
        return end_some(publication_id=home.id, now=now)


def rule(home: Publication, **values: object) -> None:
    with unit_of_work() as session:
        row = session.get_one(Publication, home.id)
        for name, value in values.items():
            setattr(row, name, value)
