"""Accounts of staff."""

import pytest
from flask import Flask

from newsletter.staff.accounts import (
    LastOwner,
    UnusableAccount,
    WrongPassword,
    change_password,
    change_role,
    create_staff,
    deactivate,
    staff_of_password,
)
from newsletter.staff.models import Staff, StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, reload

PASSWORD = "a quiet long password"


def store(email: str = "ada@example.org", role: StaffRole = StaffRole.OWNER) -> Staff:
    with unit_of_work():
        return create_staff(email=email, name="Ada", password=PASSWORD, role=role, now=NOW)


@pytest.mark.usefixtures("app")
def test_a_password_is_kept_as_an_argon2id_hash() -> None:
    assert store().password.startswith("$argon2id$")


@pytest.mark.usefixtures("app")
def test_letter_case_of_the_address_does_not_count() -> None:
    member = store("Ada@Example.org")
    assert staff_of_password(email=" ADA@example.ORG", password=PASSWORD) == member


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("email", "password"), [("ada@example.org", "x"), ("no@example.org", PASSWORD)]
)
def test_a_wrong_password_and_an_unknown_address_open_nothing(email: str, password: str) -> None:
    store()
    assert staff_of_password(email=email, password=password) is None


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("email", {"email": "not an address"}),
        ("email", {"email": "taken@example.org"}),
        ("name", {"name": "  "}),
        ("password", {"password": "too short"}),
        ("password", {"password": "aaaaaaaaaaaaaaaa"}),
        ("password", {"password": "newcomer@example.org"}),
        ("password", {"password": "x1y2z3" * 50}),
    ],
)
def test_a_refused_value_names_its_field(field: str, change: dict[str, str]) -> None:
    store("taken@example.org")
    values = {"email": "newcomer@example.org", "name": "New", "password": PASSWORD} | change
    with pytest.raises(UnusableAccount) as refusal, unit_of_work():
        create_staff(role=StaffRole.EDITOR, now=NOW, **values)
    assert refusal.value.field == field


@pytest.mark.usefixtures("app")
def test_a_closed_account_cannot_sign_in() -> None:
    store("owner@example.org")
    member = store("ada@example.org", StaffRole.EDITOR)
    with unit_of_work():
        deactivate(staff=member)
    assert staff_of_password(email="ada@example.org", password=PASSWORD) is None


@pytest.mark.usefixtures("app")
def test_the_last_owner_can_neither_be_closed_nor_demoted() -> None:
    owner = store("owner@example.org")
    closed = store("second@example.org")
    with unit_of_work():
        deactivate(staff=closed)
    with pytest.raises(LastOwner), unit_of_work():
        deactivate(staff=owner)
    with pytest.raises(LastOwner), unit_of_work():
        change_role(staff=owner, role=StaffRole.VIEWER)
    assert reload(owner).role is StaffRole.OWNER


@pytest.mark.usefixtures("app")
def test_one_of_two_owners_can_become_an_editor() -> None:
    owner = store("owner@example.org")
    store("second@example.org")
    with unit_of_work():
        change_role(staff=owner, role=StaffRole.EDITOR)
    assert reload(owner).role is StaffRole.EDITOR


def test_a_new_password_needs_the_present_one_and_changes_the_session_key(app: Flask) -> None:
    member = store()
    key = member.fs_uniquifier
    with pytest.raises(WrongPassword), unit_of_work():
        change_password(staff=member, current="wrong", password="another long password")
    with unit_of_work():
        change_password(staff=member, current=PASSWORD, password="another long password")
    assert staff_of_password(email=member.email, password="another long password") == member
    assert reload(member).fs_uniquifier != key
