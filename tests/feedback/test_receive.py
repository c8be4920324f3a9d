"""A mail that comes back is stored once, and finds its delivery by our signature alone."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.deliveries.models import Delivery, DeliveryState, Feedback
from newsletter.extensions import db
from newsletter.feedback.handle import (
    LATE,
    MOST_ATTEMPTS,
    handle_notice,
    waiting_notices,
)
from newsletter.feedback.models import Notice, NoticeResult
from newsletter.feedback.receive import EmptyMail, receive_mail
from newsletter.feedback.retention import KEPT, forget_old_notices
from newsletter.subscriptions.links import link_writer, unsubscribe_url
from newsletter.subscriptions.models import Subscription, SubscriptionState
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.feedback.sent import deliver, handle_all, link_of, name_of, return_path
from tests.feedback.sent import delivery as delivery
from tests.mail.bounce_samples import complaint, dsn, plain, returned


def receive(octets: bytes, recipient: str = "") -> bool:
    with unit_of_work():
        return receive_mail(octets=octets, recipient=recipient, now=NOW)


def state(delivery: Delivery) -> DeliveryState:
    found: DeliveryState = reload(delivery).state
    return found


def test_a_report_to_the_return_path_finds_its_delivery(delivery: Delivery) -> None:
    receive(dsn(), recipient=return_path(delivery).upper())
    assert handle_all() == [NoticeResult.CHANGED]
    assert state(delivery) is DeliveryState.BOUNCED


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Envelope-To", "To"])
def test_the_mail_may_say_itself_whom_it_came_to(delivery: Delivery, header: str) -> None:
    octets = f"{header}: <{return_path(delivery)}>\r\n".encode() + dsn(to="fbl@example.org")
    receive(octets)
    assert handle_all() == [NoticeResult.CHANGED]


def test_the_message_id_counts_beside_the_link_that_was_returned_with_it(
    delivery: Delivery,
) -> None:
    octets = dsn(to="mailbox@example.org", message_id=name_of(delivery), link=link_of(delivery))
    receive(octets)
    assert handle_all() == [NoticeResult.CHANGED]


def test_a_copy_of_the_mail_in_the_words_of_a_report_counts_too(delivery: Delivery) -> None:
    copied = returned(name_of(delivery), link=link_of(delivery))
    receive(plain(f"550 5.1.1 no such user\n\n--- Below is a copy of the message.\n\n{copied}"))
    assert handle_all() == [NoticeResult.CHANGED]
    assert state(delivery) is DeliveryState.BOUNCED


def test_a_complaint_names_the_delivery_in_what_it_returns(delivery: Delivery) -> None:
    receive(complaint(message_id=name_of(delivery), link=link_of(delivery)))
    assert handle_all() == [NoticeResult.CHANGED]
    assert state(delivery) is DeliveryState.COMPLAINED


def test_who_read_an_answer_to_the_mail_forges_nothing_with_its_message_id(
    make: Make, delivery: Delivery
) -> None:
    neighbour = deliver(delivery.digest, make.subscription(publication=delivery.digest.publication))
    quoted = unsubscribe_url(subscription_id=delivery.subscription_id)  # of the mail's footer
    for link in ("", quoted, link_of(neighbour), f"{link_of(delivery)}a"):
        receive(dsn(to="mailbox@example.org", message_id=name_of(delivery), link=link))
        receive(complaint(message_id=name_of(delivery), link=link))
    assert set(handle_all()) == {NoticeResult.STRANGER}
    assert state(delivery) is DeliveryState.SENT
    assert db.session.scalars(sa.select(Feedback)).all() == []


def test_a_bounce_naming_a_stranger_without_our_delivery_has_no_effect(
    make: Make, delivery: Delivery
) -> None:
    make.subscription(email="reader@example.net")
    forged = f"bounces+{'a' * 29}@bounces.example.org"
    receive(dsn(), recipient=forged)
    receive(complaint(), recipient="reader@example.net")
    assert handle_all() == [NoticeResult.STRANGER] * 2
    assert state(delivery) is DeliveryState.SENT
    assert db.session.scalars(sa.select(Feedback)).all() == []
    assert {one.text for one in db.session.scalars(sa.select(Notice))} == {""}


def test_a_signature_of_a_delivery_that_is_gone_names_nothing(delivery: Delivery) -> None:
    path = return_path(delivery)
    with unit_of_work() as session:
        session.execute(sa.delete(Delivery))
    receive(dsn(), recipient=path)
    assert handle_all() == [NoticeResult.STRANGER]


@pytest.mark.parametrize(
    ("octets", "result"),
    [
        (dsn(action="delayed", status="4.4.1"), NoticeResult.NOTHING),
        (dsn("5.7.1", "smtp; 550 5.7.1 bad reputation"), NoticeResult.NOTHING),
        (plain("Away", sender="a@example.net", subject="Automatic reply"), NoticeResult.NOTHING),
        (plain("Hello?", sender="a@example.net", subject="Re: News"), NoticeResult.UNCLEAR),
    ],
)
def test_what_is_no_bounce_changes_nothing(
    delivery: Delivery, octets: bytes, result: NoticeResult
) -> None:
    receive(octets, recipient=return_path(delivery))
    assert handle_all() == [result]
    assert state(delivery) is DeliveryState.SENT


def test_the_same_mail_is_stored_once_however_it_was_carried(delivery: Delivery) -> None:
    path = return_path(delivery)
    assert receive(dsn(), recipient=path)
    carried = b"From MAILER-DAEMON Mon Mar  2 09:00:00 2026\nReceived: by mx\n" + dsn()
    assert not receive(carried, recipient=path)
    assert receive(dsn("4.2.2"), recipient=path)


@pytest.mark.usefixtures("app")
def test_a_mail_with_nothing_in_it_is_refused() -> None:
    for octets in (b"", b" \r\n", b"From somebody\n"):
        with pytest.raises(EmptyMail):
            receive(octets)


def test_a_line_break_in_the_recipient_adds_no_header(delivery: Delivery) -> None:
    receive(
        dsn(to="x@example.org"), recipient=f"a@example.org\r\nDelivered-To: {return_path(delivery)}"
    )
    assert handle_all() == [NoticeResult.STRANGER]


def test_what_was_handled_is_not_handled_again_and_keeps_no_content(delivery: Delivery) -> None:
    receive(dsn(), recipient=return_path(delivery))
    handle_all()
    (notice,) = db.session.scalars(sa.select(Notice)).all()
    assert handle_notice(notice_id=notice.id, now=NOW) is None
    assert (notice.payload, notice.text) == (b"", "550 5.1.1 no such user here")


def test_a_notice_whose_job_was_lost_is_asked_for_again(delivery: Delivery) -> None:
    receive(dsn(), recipient=return_path(delivery))
    assert waiting_notices(now=NOW) == []
    assert len(waiting_notices(now=NOW + LATE)) == 1
    handle_all()
    assert waiting_notices(now=NOW + LATE) == []


def test_a_notice_that_nobody_can_handle_is_given_up(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: bytes) -> None:
        raise RuntimeError("the worker dies of it")

    receive(dsn(), recipient=return_path(delivery))
    monkeypatch.setattr("newsletter.feedback.handle.parse_report", broken)
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(RuntimeError):
            handle_all()
    assert handle_all() == [None]
    (notice,) = db.session.scalars(sa.select(Notice)).all()
    assert notice.result is NoticeResult.GIVEN_UP


def test_handled_notices_are_forgotten_after_a_month(delivery: Delivery) -> None:
    receive(dsn(), recipient=return_path(delivery))
    handle_all()
    for after, left in ((KEPT, 1), (KEPT + timedelta(seconds=1), 0)):
        with unit_of_work():
            forget_old_notices(now=NOW + after)
        assert len(db.session.scalars(sa.select(Notice)).all()) == left


@pytest.mark.parametrize("way", ["recipient", "To"])
def test_a_mail_to_the_unsubscribe_address_unsubscribes(make: Make, way: str) -> None:
    reader: Subscription = make.subscription()
    token = link_writer().reader_links(subscription_id=reader.id).unsubscribe_token
    address = f"Unsubscribe+{token.upper()}@bounces.example.org"
    octets = plain("", sender="reader@example.net", subject="")
    if way == "To":
        octets = octets.replace(b"To: bounces+aaaa@bounces.example.org", f"To: {address}".encode())
    receive(octets, recipient=address if way == "recipient" else "")
    assert handle_all() == [NoticeResult.UNSUBSCRIBED]
    assert reload(reader).state is SubscriptionState.UNSUBSCRIBED


def test_a_forged_unsubscribe_address_ends_nothing(make: Make) -> None:
    reader: Subscription = make.subscription()
    receive(
        plain("x"), recipient="unsubscribe+abcd-1-aaaaaaaaaaaaaaaaaaaaaaaaaa@bounces.example.org"
    )
    assert handle_all() != [NoticeResult.UNSUBSCRIBED]
    assert reload(reader).state is SubscriptionState.CONFIRMED
