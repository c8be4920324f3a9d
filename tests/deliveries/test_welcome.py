"""The welcome: the latest digest for who confirmed, once, and never in place of anything."""

import email
from datetime import timedelta
from email import policy
from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Article, ArticleState
from newsletter.deliveries.models import Delivery
from newsletter.deliveries.welcome import write_any
from newsletter.extensions import db
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.confirm import ConfirmResult, confirm
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.letters import due_letters, send_letter
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    LetterState,
    Source,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.shares import take_share
from newsletter.subscriptions.signup import sign_up
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.publications.dkim_keys import active_key, judged

REQUEST = RequestEvidence(source=Source.MAIL_LINK)
LATER = NOW + timedelta(days=100)

pytestmark = pytest.mark.usefixtures("queue")


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(name="The Paper", languages="uk", time_zone="Europe/Kyiv")


def confirmed(make: Make, publication: Publication, **fields: object) -> Subscription:
    """Return a reader who confirms months later."""
    fields = {"state": SubscriptionState.PENDING, "confirmed_at": None} | fields
    reader = make.subscription(publication=publication, **fields)
    with unit_of_work() as session:
        row = session.get_one(Subscription, reader.id)
        result = confirm(subscription=row, round=row.round, request=REQUEST, now=LATER)
    assert result is ConfirmResult.CONFIRMED
    return reader


def welcomed(mailer: RecordingMailer | None = None) -> list[EmailMessage]:
    """Let a worker send what is due; return the mails."""
    mailer = mailer or RecordingMailer()
    for letter_id in due_letters(now=LATER):
        send_letter(letter_id=letter_id, mailer=mailer, now=LATER, write=write_any)
    return [
        email.message_from_bytes(mail.content, policy=policy.default)  # type: ignore[misc]
        for mail in mailer.sent
    ]


def text_of(mail: EmailMessage) -> str:
    """Return the plain part."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def sent_digest(make: Make, paper: Publication, *articles: Article, **fields: object) -> None:
    """Store a digest that went out before anybody here confirmed."""
    fields = {"published_at": NOW} | fields
    make.digest(publication=paper, articles=list(articles), **fields)


def test_it_carries_the_latest_digest_and_says_what_to_expect(
    make: Make, paper: Publication
) -> None:
    sent_digest(make, paper, make.article(publication=paper, title="Long ago"))
    sent_digest(make, paper, make.article(publication=paper, title="Newest of all"))
    confirmed(make, paper)
    (mail,) = welcomed()
    text = text_of(mail)
    assert mail["Subject"] == "Welcome to The Paper"
    assert "Newest of all" in text
    assert "Long ago" not in text
    assert "every day at 08:00, Kyiv time" in " ".join(text.split())
    assert "/preferences/" in text
    assert "/unsubscribe/" in text


def test_it_can_be_unsubscribed_from_like_a_digest(make: Make, paper: Publication) -> None:
    active_key(paper)
    mailer = RecordingMailer()
    confirmed(make, paper)
    (mail,) = welcomed(mailer)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/unsubscribe/" in mail["List-Unsubscribe"]
    assert mail["List-Id"]
    assert mail["Auto-Submitted"] is None
    assert judged(mailer.sent[0].content) == [True]


def test_it_speaks_the_readers_language_and_shows_her_topics(
    make: Make, paper: Publication
) -> None:
    sea, land = (make.topic(publication=paper, name=name) for name in ("Sea", "Land"))
    hers = make.article(publication=paper, title="Of the sea", topics=[sea])
    sent_digest(make, paper, hers)
    sent_digest(make, paper, make.article(publication=paper, title="Of the land", topics=[land]))
    confirmed(make, paper, topics=frozenset({sea.id}), language="uk")
    text = text_of(welcomed()[0])
    assert "щодня о 08:00, за часом міста Київ" in " ".join(text.split())
    assert "Теми Ваших статей: Sea." in text
    assert "Of the sea" in text
    assert "Of the land" not in text


def test_nothing_counts_as_sent_to_her(make: Make, paper: Publication) -> None:
    sent_digest(make, paper, make.article(publication=paper))
    reader = confirmed(make, paper)
    cursor = reload(reader).cursor
    welcomed()
    assert reload(reader).cursor == cursor == reload(paper).last_position
    assert db.session.scalars(sa.select(Delivery)).all() == []


def test_a_digest_of_after_she_confirmed_is_left_to_come_by_itself(
    make: Make, paper: Publication
) -> None:
    reader = confirmed(make, paper)
    article = make.article(publication=paper, title="Fresh")
    sent_digest(make, paper, article, published_at=LATER + timedelta(minutes=1))
    assert article.position is not None
    assert article.position > reload(reader).cursor
    assert "Fresh" not in text_of(welcomed()[0])


def test_what_was_withdrawn_is_not_shown(make: Make, paper: Publication) -> None:
    article = make.article(publication=paper, title="Withdrawn")
    sent_digest(make, paper, article)
    with unit_of_work() as session:
        session.get_one(Article, article.id).state = ArticleState.DROPPED
    confirmed(make, paper)
    assert "Withdrawn" not in text_of(welcomed()[0])


def test_without_any_digest_it_only_says_what_to_expect(make: Make, paper: Publication) -> None:
    confirmed(make, paper, cadence=Cadence.INSTANT)
    text = text_of(welcomed()[0])
    assert "Each article comes as soon as it appears." in text
    assert "latest digest" not in text.casefold()


def test_it_goes_out_once_however_often_she_comes_back(make: Make, paper: Publication) -> None:
    reader = confirmed(make, paper)
    assert len(welcomed()) == 1
    assert welcomed() == []
    leave(reader)
    come_back(reader)
    assert welcomed() == []


def test_who_leaves_first_gets_none_until_she_comes_back(make: Make, paper: Publication) -> None:
    reader = confirmed(make, paper)
    leave(reader)
    assert welcomed() == []
    letter = db.session.scalars(sa.select(Letter)).one()
    assert (letter.state, letter.reason) == (
        LetterState.SKIPPED,
        "the subscription is unsubscribed",
    )
    come_back(reader)
    assert len(welcomed()) == 1


def test_who_pauses_first_gets_none(make: Make, paper: Publication) -> None:
    reader = confirmed(make, paper)
    with unit_of_work() as session:
        row = session.get_one(Subscription, reader.id)
        row.paused_until = LATER + timedelta(days=9)
    assert welcomed() == []


def test_a_publication_can_do_without(make: Make) -> None:
    confirmed(make, make.publication(welcome=False))
    assert db.session.scalars(sa.select(Letter)).all() == []


def test_it_is_none_of_the_letters_that_a_form_may_cause(make: Make, paper: Publication) -> None:
    reader = confirmed(make, paper)
    subscriber_id = reader.subscriber_id
    with unit_of_work() as session:
        assert take_share(subscriber=session.get_one(Subscriber, subscriber_id), now=LATER)


def leave(reader: Subscription) -> None:
    """Let a reader unsubscribe."""
    with unit_of_work() as session:
        row = session.get_one(Subscription, reader.id)
        unsubscribe(subscription=row, request=REQUEST, now=LATER)


def come_back(reader: Subscription) -> None:
    """Let a reader who left sign up and confirm."""
    with unit_of_work() as session:
        row = session.get_one(Subscription, reader.id)
        sign_up(
            publication=row.publication,
            email=row.subscriber.email,
            cadence=None,
            topics=(),
            name="",
            request=REQUEST,
            now=LATER,
        )
        confirm(subscription=row, round=row.round, request=REQUEST, now=LATER)
        session.execute(sa.delete(Letter).where(Letter.kind == LetterKind.CONFIRMATION))
