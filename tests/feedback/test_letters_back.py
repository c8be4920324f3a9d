"""A letter that comes back counts as any mail: its address is silenced, and staff read why."""

import email
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.extensions import db
from newsletter.feedback.models import Notice, NoticeResult
from newsletter.feedback.receive import receive_mail
from newsletter.mail.mailer import OutgoingMail, RecordingMailer, Refused
from newsletter.mail.return_path import read_return_path
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.letters import send_letter
from newsletter.subscriptions.models import (
    AddressChange,
    Letter,
    LetterKind,
    LetterState,
    Source,
    SubscriptionState,
)
from newsletter.subscriptions.signup import sign_up
from newsletter.suppressions.models import SoftPoint, Suppression, SuppressionReason
from newsletter.suppressions.suppress import suppression_of
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.feedback import signed
from tests.feedback.sent import DOMAIN, deliver, handle_all
from tests.mail.bounce_samples import complaint, dsn

ADDRESS = "reader@example.org"


@pytest.fixture(autouse=True)
def _bounce_domain(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = app.extensions["settings"].model_copy(
        update=signed.SETTINGS | {"bounce_domain": DOMAIN}
    )
    monkeypatch.setitem(app.extensions, "settings", changed)


@pytest.fixture
def letter(make: Make) -> Letter:
    """A confirmation that is owed."""
    pending = make.subscription(email=ADDRESS, state=SubscriptionState.PENDING)
    return make.letter(subscription=pending)


def sent(letter: Letter) -> OutgoingMail:
    mailer = RecordingMailer()
    send_letter(letter_id=letter.id, mailer=mailer, now=NOW)
    (mail,) = mailer.sent
    return mail


def receive(octets: bytes, *, recipient: str = "") -> list[NoticeResult | None]:
    with unit_of_work():
        receive_mail(octets=octets, recipient=recipient, now=NOW)
    return handle_all()


def suppressed(address: str = ADDRESS) -> SuppressionReason | None:
    db.session.rollback()
    found = suppression_of(address=address)
    return found.reason if found else None


def by_return_path(mail: OutgoingMail) -> list[NoticeResult | None]:
    return receive(dsn(to=mail.sender), recipient=mail.sender.upper())


def by_message_id(mail: OutgoingMail) -> list[NoticeResult | None]:
    name = email.message_from_bytes(mail.content)["Message-ID"].strip("<>")
    return receive(dsn(to="mailbox@example.org", message_id=name))


@pytest.mark.parametrize("reported", [by_return_path, by_message_id])
def test_a_confirmation_that_bounces_hard_silences_the_address_and_nobody_asks_it_again(
    letter: Letter, reported: Callable[[OutgoingMail], list[NoticeResult | None]]
) -> None:
    assert reported(sent(letter)) == [NoticeResult.CHANGED]
    assert suppressed() is SuppressionReason.HARD_BOUNCE
    found = reload(letter)
    assert (found.state, "5.1.1" in found.reason) == (LetterState.BOUNCED, True)
    subscription = found.subscription
    assert subscription.state is SubscriptionState.PENDING, "and goes after seven days as others"
    much_later = NOW + timedelta(days=3)
    with unit_of_work():
        sign_up(
            publication=subscription.publication,
            email=ADDRESS,
            cadence=None,
            topics=(),
            name="",
            request=RequestEvidence(Source.PAGE),
            now=much_later,
        )
    again = db.session.scalars(sa.select(Letter).order_by(Letter.id.desc())).first()
    mailer = RecordingMailer()
    assert again is not None
    assert again.id != letter.id
    send_letter(letter_id=again.id, mailer=mailer, now=much_later)
    assert mailer.sent == []
    assert reload(again).reason == "the address is suppressed"


def test_a_letter_with_a_link_to_unsubscribe_is_named_by_its_message_id_beside_that_link_only(
    make: Make,
) -> None:
    asking = make.publication(counts_opens=True, ask_after_months=12)
    reader = make.subscription(publication=asking, email=ADDRESS)
    make.sign(subscription=reader, asked_at=NOW)
    mail = sent(make.letter(subscription=reader, kind=LetterKind.STILL_WANTED))
    assert by_message_id(mail) == [NoticeResult.STRANGER]
    headers = email.message_from_bytes(mail.content)
    link = headers["List-Unsubscribe"].partition(">")[0].strip("<")
    name = headers["Message-ID"].strip("<>")
    octets = dsn(to="mailbox@example.org", message_id=name, link=link)
    assert receive(octets) == [NoticeResult.CHANGED]


def test_a_notice_about_a_letter_keeps_no_words_that_name_its_reader(letter: Letter) -> None:
    by_return_path(sent(letter))
    assert db.session.scalars(sa.select(Notice.text)).all() == [""], "erasing blanks the letter's"


def test_the_same_bounce_by_two_ways_is_known_the_second_time(letter: Letter) -> None:
    mail = sent(letter)
    assert by_return_path(mail) == [NoticeResult.CHANGED]
    assert by_message_id(mail) == [NoticeResult.KNOWN]


def test_staff_read_on_the_suppression_which_letter_came_back(letter: Letter) -> None:
    by_return_path(sent(letter))
    note = db.session.scalars(sa.select(Suppression.note)).one()
    assert note.startswith("letter (confirmation): ")
    assert "5.1.1" in note
    assert ADDRESS not in note


def test_a_letter_refused_at_once_silences_the_address_too(letter: Letter) -> None:
    def never(mail: OutgoingMail) -> Refused:
        return Refused(mail.id, 550, "5.1.1 no such user")

    send_letter(letter_id=letter.id, mailer=RecordingMailer(answers={ADDRESS: never}), now=NOW)
    assert suppressed() is SuppressionReason.HARD_BOUNCE
    assert reload(letter).state is LetterState.FAILED


@pytest.mark.parametrize("words", ["5.7.1 bad reputation", "5.2.2 mailbox full"])
def test_a_letter_refused_for_our_sake_or_for_now_silences_nobody(
    letter: Letter, words: str
) -> None:
    def refuse(mail: OutgoingMail) -> Refused:
        return Refused(mail.id, 550, words)

    send_letter(letter_id=letter.id, mailer=RecordingMailer(answers={ADDRESS: refuse}), now=NOW)
    assert suppressed() is None


def test_a_soft_bounce_of_a_letter_is_one_point(letter: Letter) -> None:
    mail = sent(letter)
    assert receive(dsn("4.2.2", "smtp; 452 4.2.2 full", to=mail.sender), recipient=mail.sender) == [
        NoticeResult.CHANGED
    ]
    assert suppressed() is None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SoftPoint)) == 1
    assert reload(letter).state is LetterState.SENT
    assert by_return_path(mail) == [NoticeResult.CHANGED], "worse is still news"


def test_a_complaint_about_a_letter_silences_the_address_everywhere(make: Make) -> None:
    reader = make.subscription(email=ADDRESS)
    letter = make.letter(subscription=reader, kind=LetterKind.PERSONAL_LINK)
    mail = sent(letter)
    assert receive(complaint(sender=mail.sender)) == [NoticeResult.CHANGED]
    assert suppressed() is SuppressionReason.COMPLAINT
    assert reload(reader).state is SubscriptionState.UNSUBSCRIBED
    assert reload(letter).state is LetterState.COMPLAINED


def test_a_complaint_about_a_confirmation_keeps_no_record_of_a_reader_who_never_was(
    letter: Letter,
) -> None:
    assert receive(complaint(sender=sent(letter).sender)) == [NoticeResult.CHANGED]
    assert suppressed() is SuppressionReason.COMPLAINT
    assert reload(letter).subscription.state is SubscriptionState.PENDING


def test_a_bounce_from_a_new_address_leaves_the_old_one_alone(make: Make) -> None:
    reader = make.subscription(email=ADDRESS)
    with unit_of_work() as session:
        change = AddressChange(
            subscription_id=reader.id, old_email=ADDRESS, new_email="new@example.net", asked_at=NOW
        )
        session.add(change)
    letter = make.letter(
        subscription=reader, kind=LetterKind.NEW_ADDRESS, address_change_id=change.id
    )
    assert by_return_path(sent(letter)) == [NoticeResult.CHANGED]
    assert suppressed("new@example.net") is SuppressionReason.HARD_BOUNCE
    assert suppressed() is None


def test_a_path_of_a_letter_passes_for_no_delivery(letter: Letter) -> None:
    keys = [settings.secret_keys[-1].encode()]
    path = sent(letter).sender
    assert read_return_path(path, keys=keys, kind="letter") == letter.id
    assert read_return_path(path, keys=keys) is None


# -- Resend, which returns nothing of ours ----------------------------------------------------


def bounced_at_resend(client: FlaskClient, *, to: list[str], kind: str = "Permanent") -> None:
    """Post what Resend documents of a bounce."""
    data = {
        "created_at": NOW.isoformat(),
        "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
        "from": "The Paper <paper@example.net>",
        "to": to,
        "subject": "News",
        "bounce": {"type": kind, "subType": "General", "message": "550 5.1.1 no such user"},
    }
    event = {"type": "email.bounced", "created_at": NOW.isoformat(), "data": data}
    webhook = signed.resend(utc_now(), event)
    answer = client.post(webhook.path, data=webhook.body, headers=webhook.headers)
    assert answer.status_code == 204


def test_an_event_of_resend_is_about_the_last_mail_to_whom_it_names(
    client: FlaskClient, make: Make
) -> None:
    reader, other = make.subscription(email=ADDRESS), make.subscription()
    old, new = (make.digest(publication=reader.publication) for _ in range(2))
    earlier = deliver(old, reader, sent_at=NOW - timedelta(days=1))
    meant = deliver(new, reader, sent_at=NOW)
    strange = deliver(new, other, sent_at=NOW)
    bounced_at_resend(client, to=[f"Reader <{ADDRESS.title()}>"])
    assert handle_all() == [NoticeResult.CHANGED]
    db.session.rollback()
    states = {row.id: row.state for row in db.session.scalars(sa.select(Delivery))}
    assert states == {
        earlier.id: DeliveryState.SENT,
        meant.id: DeliveryState.BOUNCED,
        strange.id: DeliveryState.SENT,
    }
    assert suppressed() is SuppressionReason.HARD_BOUNCE


def test_an_event_of_resend_may_be_about_a_letter(client: FlaskClient, letter: Letter) -> None:
    sent(letter)
    bounced_at_resend(client, to=[ADDRESS])
    assert handle_all() == [NoticeResult.CHANGED]
    assert reload(letter).state is LetterState.BOUNCED


@pytest.mark.parametrize("to", [["stranger@example.net"], [], [ADDRESS, "b@example.net"]])
def test_an_event_of_resend_that_names_no_reader_of_ours_changes_nothing(
    client: FlaskClient, letter: Letter, to: list[str]
) -> None:
    sent(letter)
    bounced_at_resend(client, to=to)
    assert handle_all() == [NoticeResult.STRANGER]
    assert {one.text for one in db.session.scalars(sa.select(Notice))} == {""}
    assert suppressed() is None
