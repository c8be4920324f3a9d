"""Unsubscribe by mail: the recipient's address says it all."""

import pytest

from newsletter.subscriptions.consent import history
from newsletter.subscriptions.links import link_writer
from newsletter.subscriptions.models import Source, Subscription, SubscriptionState
from newsletter.subscriptions.unsubscribe_mail import (
    UnsubscribeMail,
    handle_unsubscribe_mail,
    is_unsubscribe_address,
)
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.subscriptions.leaving import LATER
from tests.subscriptions.post import deliver_post


def address(row: Subscription) -> str:
    token = link_writer().reader_links(subscription_id=row.id).unsubscribe_token
    return f"unsubscribe+{token}@bounce.example.org"


def receive(to: str, sender: str = "") -> UnsubscribeMail:
    with unit_of_work():
        return handle_unsubscribe_mail(address=to, sender=sender, now=NOW)


@pytest.mark.parametrize("written", [str, str.upper, "<{}>".format, "Leave <{}>".format])
def test_a_mail_ends_the_subscription_however_its_address_is_written(
    make: Make, written: object
) -> None:
    row = make.subscription()
    assert receive(written(address(row))) is UnsubscribeMail.ENDED  # type: ignore[operator]
    assert reload(row).state is SubscriptionState.UNSUBSCRIBED
    assert [event.source for event in history(subscription_id=row.id)] == [Source.MAIL]


def test_a_repeated_mail_changes_nothing(make: Make) -> None:
    row = make.subscription()
    receive(address(row))
    assert receive(address(row)) is UnsubscribeMail.ENDED_BEFORE
    assert len(history(subscription_id=row.id)) == 1


@pytest.mark.parametrize(
    ("sender", "letters"), [("Ann <ANN@example.org>", 0), ("b@example.org", 1), ("", 1)]
)
def test_only_who_did_not_write_herself_is_told_by_letter(
    make: Make, sender: str, letters: int
) -> None:
    row = make.subscription(email="ann@example.org")
    receive(address(row), sender)
    assert len(deliver_post(now=LATER)) == letters


def test_other_addresses_and_forged_ones_change_nothing(make: Make) -> None:
    row = make.subscription()
    sound = address(row)
    assert receive(sound.replace("unsubscribe+", "bounce+")) is UnsubscribeMail.NOT_FOR_US
    assert receive("unsubscribe@bounce.example.org") is UnsubscribeMail.NOT_FOR_US
    assert receive("") is UnsubscribeMail.NOT_FOR_US
    assert receive(sound.replace("-", "-x", 1)) is UnsubscribeMail.UNKNOWN
    assert is_unsubscribe_address(sound)
    assert reload(row).state is SubscriptionState.CONFIRMED


def test_a_deleted_reader_is_unknown(make: Make) -> None:
    row = make.subscription()
    to = address(row)
    with unit_of_work() as session:
        session.delete(session.merge(row))
    assert receive(to) is UnsubscribeMail.UNKNOWN
