"""Erasing a reader from her page in the admin: for owners, once asked, and for good."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.staff.models import AuditEvent, StaffRole
from newsletter.subscriptions.consent import history
from newsletter.subscriptions.erase import find_subscriber, is_erased
from newsletter.subscriptions.models import (
    Letter,
    LetterState,
    Source,
    Subscription,
    SubscriptionState,
)
from newsletter.suppressions.models import Suppression, SuppressionReason
from newsletter.suppressions.suppress import suppression_of
from tests.factories import Make, reload
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import buttons, words

EMAIL = "Zora.Quill@example.org"


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(name="The Harbour", slug="harbour")


@pytest.fixture
def reader(make: Make, paper: Publication) -> Subscription:
    zora = make.subscriber(email=EMAIL, name="Zora Quill")
    row: Subscription = make.subscription(publication=paper, subscriber=zora)
    return row


def path(reader: Subscription) -> str:
    return f"/admin/readers/{reader.id}"


def acts() -> list[AuditEvent]:
    """Return the record of every erasing."""
    erased = sa.select(AuditEvent).where(AuditEvent.action == "reader_erased")
    return list(db.session.scalars(erased))


def test_an_owner_reads_before_what_goes_what_stays_and_that_nothing_undoes_it(
    owner: Browser, reader: Subscription
) -> None:
    page = owner.get(path(reader)).text
    dialog = words(page.partition('id="ask-erase"')[2].partition("</dialog>")[0])
    assert EMAIL in dialog
    assert "counts for every publication and cannot be undone" in dialog
    assert "Deleted Her address and name" in dialog
    assert "Stays A keyed hash of the address, among the suppressions" in dialog
    assert f"{path(reader)}/erase" in buttons(page)


def test_the_reader_is_gone_from_every_publication_and_the_record_names_who_did_it(
    owner: Browser, make: Make, reader: Subscription
) -> None:
    other = make.subscription(publication=make.publication(), subscriber=reader.subscriber)
    owner.get(path(reader))
    answer = owner.post(f"{path(reader)}/erase")
    assert answer.location == "/admin/readers"
    list_of_readers = owner.get(answer.location).text
    assert "The reader is erased." in list_of_readers
    for page in (list_of_readers, owner.get(path(reader)).text):
        assert "quill" not in page.casefold()
    assert find_subscriber(email=EMAIL) is None
    assert {reload(row).state for row in (reader, other)} == {SubscriptionState.UNSUBSCRIBED}
    assert history(subscription_id=other.id)[-1].source is Source.STAFF
    suppression = suppression_of(address=EMAIL)
    assert suppression is not None
    assert (suppression.reason, suppression.address_key) == (SuppressionReason.ERASED, "")
    (act,) = acts()
    assert (act.staff_id, act.object_kind) == (owner.member.id, "subscriber")
    assert (act.object_id, act.detail) == (reload(reader).subscriber_id, "")


def test_a_letter_that_waits_is_not_sent(owner: Browser, make: Make, paper: Publication) -> None:
    pending = make.subscription(publication=paper, state=SubscriptionState.PENDING)
    owner.get(path(pending))
    owner.post(f"{path(pending)}/confirmation")
    owner.post(f"{path(pending)}/erase")
    assert list(db.session.scalars(sa.select(Letter.state))) == [LetterState.SKIPPED]


def test_what_is_left_says_so_and_offers_no_act(owner: Browser, reader: Subscription) -> None:
    owner.get(path(reader))
    owner.post(f"{path(reader)}/erase")
    page = owner.get(path(reader)).text
    assert "This reader was erased" in page
    assert buttons(page) == []


def test_the_second_of_two_owners_is_told(owner: Browser, reader: Subscription) -> None:
    owner.get(path(reader))
    for _ in range(2):
        owner.post(f"{path(reader)}/erase")
    assert "This reader was erased before." in owner.get("/admin/readers").text
    assert len(acts()) == 1
    assert db.session.scalar(sa.select(sa.func.count(Suppression.id))) == 1


@pytest.mark.parametrize("role", [StaffRole.EDITOR, StaffRole.VIEWER])
def test_lower_roles_see_no_button_and_are_refused(
    staff_room: Callable[..., Browser], reader: Subscription, role: StaffRole
) -> None:
    browser = staff_room(role)
    assert "/erase" not in browser.get(path(reader)).text
    assert browser.post(f"{path(reader)}/erase").status_code == 403
    assert not is_erased(reload(reader).subscriber)


def test_a_reader_of_another_publication_does_not_exist_here(
    owner: Browser, make: Make, paper: Publication
) -> None:
    other = make.subscription(publication=make.publication(slug="other"))
    owner.get("/admin/?publication=harbour")
    assert owner.post(f"{path(other)}/erase").status_code == 404
    assert not is_erased(reload(other).subscriber)


def test_without_the_token_of_the_page_nothing_happens(
    owner: Browser, reader: Subscription
) -> None:
    owner.token = ""
    assert owner.post(f"{path(reader)}/erase").status_code == 403
    assert not is_erased(reload(reader).subscriber)
