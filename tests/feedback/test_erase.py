"""Erasing somebody reaches what others, mail servers and the journal have said of her."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.deliveries.journal import Journal
from newsletter.deliveries.models import Delivery
from newsletter.extensions import db, redis
from newsletter.feedback.erase import erase_everywhere
from newsletter.feedback.models import Notice, NoticeResult
from newsletter.feedback.receive import receive_mail
from newsletter.mail.mailer import Accepted, OutboxMailer, OutgoingMail
from newsletter.mail.outbox import list_mails, read_mail
from newsletter.subscriptions.change_address import ask_for_change, move
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import AddressChange, Source, Subscription
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress, suppression_of
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make
from tests.feedback.sent import deliver, handle_all, return_path

EMAIL, OTHER = "Zora.Quill@example.org", "zq-before@example.net"

REPORT = """From: mailer-daemon@example.net
To: {path}
Message-ID: <{number}@example.net>
Content-Type: multipart/report; report-type=delivery-status; boundary=B

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {email}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 mailbox zora.quill is unknown

--B--
"""


@pytest.fixture
def reader(make: Make) -> Subscription:
    row: Subscription = make.subscription(email=EMAIL)
    return row


@pytest.fixture
def delivery(make: Make, reader: Subscription) -> Delivery:
    return deliver(make.digest(publication=reader.publication), reader)


def come_back(delivery: Delivery, number: int) -> None:
    mail = REPORT.format(path=return_path(delivery), number=number, email=EMAIL)
    with unit_of_work():
        receive_mail(octets=mail.encode(), now=NOW)
    assert handle_all() in ([NoticeResult.CHANGED], [NoticeResult.KNOWN])


def erase() -> None:
    with unit_of_work():
        assert erase_everywhere(email=EMAIL, now=NOW + timedelta(days=1))


def ask(row: Subscription, email: str) -> AddressChange:
    with unit_of_work() as session:
        found = session.get_one(Subscription, row.id)
        return ask_for_change(subscription=found, email=email, now=NOW)


def test_what_mail_servers_said_of_her_is_blanked_and_not_written_again(
    delivery: Delivery,
) -> None:
    come_back(delivery, 1)
    assert "zora.quill" in db.session.scalars(sa.select(Notice.text)).one()
    erase()
    come_back(delivery, 2)
    assert db.session.scalars(sa.select(Notice.text)).all() == ["", ""]


def test_a_change_of_address_by_which_somebody_named_her_is_forgotten(
    make: Make, reader: Subscription
) -> None:
    ask(make.subscription(), EMAIL.upper())
    kept = ask(make.subscription(), "third@example.org")
    erase()
    assert db.session.scalars(sa.select(AddressChange.id)).all() == [kept.id]


def test_an_address_that_she_left_stays_silenced_and_unreadable(make: Make) -> None:
    change = ask(make.subscription(email=OTHER), EMAIL)
    with unit_of_work() as session:
        row = session.get_one(AddressChange, change.id)
        move(change=row, back=False, request=RequestEvidence(Source.MAIL_LINK), now=NOW)
        suppress(address=OTHER, reason=SuppressionReason.HARD_BOUNCE, note="zq unknown", now=NOW)
    erase()
    found = suppression_of(address=OTHER)
    assert found is not None
    assert (found.reason, found.address_key, found.note) == ("hard_bounce", "", "")


def test_a_note_in_the_journal_names_no_address(delivery: Delivery) -> None:
    journal = Journal(batch_id=7)
    assert journal.note([Accepted(str(delivery.id), f"250 2.1.5 <{EMAIL}> taken")])
    assert journal.read() == {delivery.id: "250 2.1.5 <…@…> taken"}
    assert [key for key in redis.scan_iter() if b"Zora" in redis.dump(key)] == []


def test_the_outbox_of_a_trial_forgets_every_address_that_was_hers(
    app: Flask, make: Make, reader: Subscription
) -> None:
    folder = app.extensions["settings"].outbox_dir
    make.subscription(email="neighbour@example.org")
    named = (EMAIL, "neighbour@example.org", "zq-planned@example.net")
    mails = [OutgoingMail(to, "b@example.org", to, b"Subject: a\r\n\r\n") for to in named]
    list(OutboxMailer(folder).send(mails))
    with unit_of_work() as session:
        row = session.get_one(Subscription, reader.id)
        for address in named[1:]:
            ask_for_change(subscription=row, email=address, now=NOW)
    with unit_of_work():
        erase_everywhere(email=EMAIL, now=NOW)
    left = [read_mail(folder, one.name).envelope_recipient for one in list_mails(folder, limit=9)]
    assert left == ["neighbour@example.org"], "she is another reader, whoever wanted her address"
