"""Change of address: made at the new one, told to the old one, and never told to anybody else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.subscriptions.change_address import (
    MoveResult,
    ask_for_change,
    forget_changes,
    move,
)
from newsletter.subscriptions.consent import RequestEvidence, history
from newsletter.subscriptions.models import (
    AddressChange,
    ConsentStep,
    Letter,
    Source,
    Subscriber,
    Subscription,
)
from newsletter.subscriptions.own_data import own_data
from newsletter.subscriptions.signup import UnusableAddress
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import hash_address, suppress
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.subscriptions.asking import ask as signup
from tests.subscriptions.post import Opened, deliver_post

OLD, NEW = "ann@example.org", "Ann.New@example.net"


@pytest.fixture
def reader(make: Make) -> Subscription:
    row: Subscription = make.subscription(email=OLD)
    return row


def ask(row: Subscription, email: str = NEW) -> int:
    with unit_of_work() as session:
        subscription = session.get_one(Subscription, row.id)
        return ask_for_change(subscription=subscription, email=email, now=NOW).id


def moved(change_id: int, *, back: bool = False) -> MoveResult:
    with unit_of_work() as session:
        change = session.get_one(AddressChange, change_id)
        by = RequestEvidence(Source.MAIL_LINK)
        return move(change=change, back=back, request=by, now=NOW)


def address(row: Subscription) -> str:
    email: str = reload(row).subscriber.email
    return email


def post() -> list[tuple[str, str]]:
    return [(one.to, kind(one)) for one in deliver_post(now=NOW)]


def kind(letter: Opened) -> str:
    return letter.path.split("/")[1]


def test_nothing_changes_before_the_new_address_confirms(reader: Subscription) -> None:
    ask(reader)
    assert post() == [(NEW, "new-address")]
    assert address(reader) == OLD


def test_the_new_address_is_hers_in_every_respect_and_the_old_one_is_told(
    make: Make, reader: Subscription
) -> None:
    other = make.subscription(subscriber=reload(reader).subscriber)
    change = ask(reader)
    post()
    assert moved(change) is MoveResult.MOVED
    row = reload(reader).subscriber
    assert (row.email, row.email_key) == (NEW, NEW.casefold())
    assert row.address_hash == hash_address(NEW)
    assert post() == [(OLD, "old-address")]
    for each in (reader, other):
        (event,) = history(subscription_id=each.id)
        assert (event.step, event.detail) == (ConsentStep.ADDRESS_CHANGED, "")
    assert moved(change) is MoveResult.ALREADY_MOVED


def test_the_old_address_can_take_it_back_for_good(reader: Subscription) -> None:
    change = ask(reader)
    moved(change)
    assert moved(change, back=True) is MoveResult.MOVED
    assert address(reader) == OLD
    assert moved(change) is MoveResult.IMPOSSIBLE, "the same link does not work twice"
    assert address(reader) == OLD


def test_whoever_moved_her_twice_is_undone_as_well(reader: Subscription) -> None:
    first = ask(reader)
    moved(first)
    second = ask(reader, "third@example.org")
    moved(second)
    assert moved(first, back=True) is MoveResult.MOVED
    assert address(reader) == OLD
    assert moved(second, back=True) is MoveResult.IMPOSSIBLE
    assert moved(first, back=True) is MoveResult.ALREADY_MOVED


def test_an_address_that_has_a_reader_is_told_by_mail_alone_and_nothing_is_merged(
    make: Make, reader: Subscription
) -> None:
    other = make.subscription(publication=reload(reader).publication, email=NEW)
    change = ask(reader)
    assert post() == [(NEW, "preferences")]
    assert moved(change) is MoveResult.IMPOSSIBLE
    assert (address(reader), address(other)) == (OLD, NEW)


def test_a_suppressed_address_gets_no_mail_and_no_reader(reader: Subscription) -> None:
    with unit_of_work():
        suppress(address=NEW, reason=SuppressionReason.ERASED, now=NOW)
    change = ask(reader)
    assert post() == []
    assert moved(change) is MoveResult.IMPOSSIBLE
    assert address(reader) == OLD


def test_of_two_changes_the_first_that_is_confirmed_counts(reader: Subscription) -> None:
    first, second = ask(reader), ask(reader, "third@example.org")
    assert moved(second) is MoveResult.MOVED
    assert moved(first) is MoveResult.IMPOSSIBLE
    assert address(reader) == "third@example.org"


@pytest.mark.parametrize("email", ["", "nobody", "a@x.org,b@y.org", OLD, OLD.upper()])
def test_what_cannot_be_her_new_address_is_refused(reader: Subscription, email: str) -> None:
    with pytest.raises(UnusableAddress):
        ask(reader, email)
    assert db.session.scalar(sa.select(sa.func.count(AddressChange.id))) == 0


def test_nobody_can_make_us_write_to_strangers_again_and_again(
    make: Make, reader: Subscription
) -> None:
    for _ in range(3):
        ask(reader)
    ask(make.subscription(), NEW)
    assert len(post()) == 1
    for number in range(6):
        ask(reader, f"x{number}@example.org")
    assert post() == []


def test_both_addresses_are_forgotten_when_nothing_can_be_done_any_more(
    reader: Subscription,
) -> None:
    ask(reader, "third@example.org")
    moved(ask(reader))
    for days, left in ((0.9, 2), (2, 1), (6.9, 1), (8, 0)):
        with unit_of_work():
            forget_changes(now=NOW + timedelta(days=days))
        assert len(db.session.scalars(sa.select(AddressChange.id)).all()) == left
    assert db.session.scalars(sa.select(Letter.address_change_id)).all() == [None, None, None]
    emails = db.session.scalars(sa.select(Subscriber.email)).all()
    assert emails == [NEW]


def test_a_letter_that_comes_too_late_to_be_of_use_is_not_sent(reader: Subscription) -> None:
    ask(reader)
    assert deliver_post(now=NOW + timedelta(hours=25)) == []


def test_one_mailbox_gets_one_letter_by_whatever_spelling_and_reader(make: Make) -> None:
    for number, email in enumerate(("ann@gmail.com", "a.nn@gmail.com", "ANN+1@googlemail.com")):
        ask(make.subscription(email=f"reader{number}@example.org"), email)
    assert [to for to, _kind in post()] == ["ann@gmail.com"]


def test_signups_and_changes_share_what_a_mailbox_gets(make: Make, reader: Subscription) -> None:
    signup(make.publication(), NEW)
    ask(reader, f"{NEW.partition('@')[0]}+1@example.net")
    assert [kind(one) for one in deliver_post(now=NOW)] == ["confirm"]


def test_taking_it_back_ends_every_other_change_that_was_asked_for(reader: Subscription) -> None:
    first, second = ask(reader, "first@example.net"), ask(reader, "second@example.net")
    assert moved(first) is MoveResult.MOVED
    assert moved(first, back=True) is MoveResult.MOVED
    assert moved(second) is MoveResult.IMPOSSIBLE, "whoever asked for both is stopped by one undo"
    assert address(reader) == OLD
    assert [to for to, kind in post() if kind == "new-address"] == []


@pytest.mark.parametrize("silenced", [True, False])
def test_her_data_do_not_tell_how_we_stand_to_an_address_she_typed(
    reader: Subscription, silenced: bool
) -> None:
    if silenced:
        with unit_of_work():
            suppress(address=NEW, reason=SuppressionReason.COMPLAINT, now=NOW)
    ask(reader)
    post()
    (letter,) = own_data(reload(reader).subscriber)["subscriptions"][0]["letters"]
    assert letter == {"kind": "new_address", "asked_for_at": NOW.isoformat()}
