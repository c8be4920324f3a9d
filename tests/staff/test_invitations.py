"""One-time links that create accounts."""

from datetime import timedelta

import pytest

from newsletter.staff.accounts import UnusableAccount, create_staff
from newsletter.staff.invitations import (
    ExpiredInvitation,
    ForgedInvitation,
    UsedInvitation,
    accept,
    invite,
    open_invitations,
    owner_link,
    read_invitation,
    withdraw,
)
from newsletter.staff.models import Invitation, Staff, StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW

PERSON = {"email": "ada@example.org", "name": "Ada", "password": "a quiet long password"}
pytestmark = pytest.mark.usefixtures("app")


def token_of(link: str | None) -> str:
    assert link is not None
    return link.rpartition("/")[2]


def fresh_owner_token() -> str:
    with unit_of_work():
        return token_of(owner_link(now=NOW))


def test_the_first_owners_link_creates_an_owner() -> None:
    token = fresh_owner_token()
    with unit_of_work():
        member = accept(token=token, now=NOW, **PERSON)
    assert member.role is StaffRole.OWNER


def test_only_the_link_shown_last_opens_anything() -> None:
    first, second = fresh_owner_token(), fresh_owner_token()
    with pytest.raises(ExpiredInvitation):
        read_invitation(first, NOW)
    assert read_invitation(second, NOW).role is StaffRole.OWNER


def test_there_is_no_owner_link_once_an_owner_exists() -> None:
    token = fresh_owner_token()
    with unit_of_work():
        accept(token=token, now=NOW, **PERSON)
    with unit_of_work():
        assert owner_link(now=NOW) is None


def test_an_owner_made_by_other_means_ends_the_open_owner_link() -> None:
    token = fresh_owner_token()
    with unit_of_work():
        create_staff(role=StaffRole.OWNER, now=NOW, **PERSON)
    with pytest.raises(ExpiredInvitation):
        read_invitation(token, NOW)


def test_a_link_works_once() -> None:
    token = fresh_owner_token()
    with unit_of_work():
        accept(token=token, now=NOW, **PERSON)
    with pytest.raises(UsedInvitation), unit_of_work():
        accept(token=token, now=NOW, **PERSON | {"email": "eve@example.org"})


def test_a_link_expires_after_seven_days() -> None:
    token = fresh_owner_token()
    assert read_invitation(token, NOW + timedelta(days=6, hours=23))
    with pytest.raises(ExpiredInvitation):
        read_invitation(token, NOW + timedelta(days=7))


def test_an_invented_link_opens_nothing() -> None:
    fresh_owner_token()
    with pytest.raises(ForgedInvitation):
        read_invitation("0" * 48, NOW)


def test_a_refused_password_leaves_the_link_usable() -> None:
    token = fresh_owner_token()
    with pytest.raises(UnusableAccount), unit_of_work():
        accept(token=token, now=NOW, **PERSON | {"password": "short"})
    assert read_invitation(token, NOW).used_at is None


def test_the_token_itself_is_not_stored() -> None:
    token = fresh_owner_token()
    with unit_of_work() as session:
        stored = session.query(Invitation).one()
        assert token not in str(vars(stored))
        assert session.query(Staff).count() == 0


def test_a_withdrawn_invitation_is_closed() -> None:
    with unit_of_work():
        token = token_of(invite(role=StaffRole.VIEWER, now=NOW))
    with unit_of_work():
        withdraw(invitation=open_invitations(NOW)[0], now=NOW)
    assert open_invitations(NOW) == []
    with pytest.raises(ExpiredInvitation):
        read_invitation(token, NOW)
