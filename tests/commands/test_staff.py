"""The commands about staff."""

import json

import sqlalchemy as sa
from flask import Flask

from newsletter.extensions import db
from newsletter.staff.accounts import staff_of_password
from newsletter.staff.models import Staff, StaffRole
from tests.commands.conftest import Run

PASSWORD = "a quiet long password"


def test_an_account_is_created_with_the_password_typed_twice(app: Flask, run: Run) -> None:
    answer = app.test_cli_runner().invoke(
        args=["staff", "create", "ada@example.org", "--role", "owner"],
        input=f"{PASSWORD}\n{PASSWORD}\n",
    )
    assert answer.exit_code == 0, answer.output
    assert "Created ada@example.org as owner." in answer.output
    assert PASSWORD not in answer.output
    member = staff_of_password(email="ada@example.org", password=PASSWORD)
    assert member is not None
    assert member.role is StaffRole.OWNER
    assert "ada@example.org" in run("staff", "list").output


def test_a_weak_password_ends_as_one_sentence(app: Flask) -> None:
    answer = app.test_cli_runner().invoke(
        args=["staff", "create", "ada@example.org"], input="short\nshort\n"
    )
    assert answer.exit_code == 1
    assert "Use at least 12 characters" in answer.output
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Staff)) == 0


def test_an_invitation_is_printed_for_scripts(run: Run) -> None:
    answer = run("staff", "create", "--invite", "--role", "viewer", "--json")
    printed = json.loads(answer.output)
    assert printed["role"] == "viewer"
    assert printed["link"].startswith("http://localhost/admin/welcome/")


def test_neither_address_nor_invitation_is_a_mistake_of_use(run: Run) -> None:
    answer = run("staff", "create")
    assert answer.exit_code == 2
    assert "--invite" in answer.output


def test_an_empty_list_says_so(run: Run) -> None:
    assert run("staff", "list").output.strip() == "Nobody has an account yet."
    assert json.loads(run("staff", "list", "--json").output) == []
