"""The page behind a one-time link."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.staff.invitations import invite, owner_link
from newsletter.staff.models import Staff, StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.web.admin.conftest import Browser

PERSON = {"email": "ada@example.org", "name": "Ada Quist", "password": "a quiet long password"}


@pytest.fixture
def path(browser: Browser) -> str:
    """The address of a fresh link for the first owner."""
    with unit_of_work():
        link = owner_link(now=utc_now())
    assert link is not None
    return link.removeprefix("http://localhost")


def test_the_first_owner_creates_her_account_and_is_signed_in(browser: Browser, path: str) -> None:
    assert "You will be an owner." in browser.get(path).text
    assert browser.post(path, PERSON).location == "/admin/"
    assert "Ada Quist" in browser.get("/admin/account").text
    assert db.session.scalars(sa.select(Staff.role)).all() == [StaffRole.OWNER]


def test_a_refused_value_stands_at_its_field_and_keeps_what_was_typed(
    browser: Browser, path: str
) -> None:
    browser.get(path)
    answer = browser.post(path, PERSON | {"password": "short"})
    assert answer.status_code == 400
    assert 'id="problem-password"' in answer.text
    assert 'value="Ada Quist"' in answer.text
    assert "short" not in answer.text.replace("shortest", "")
    assert browser.post(path, PERSON).status_code == 302


def test_a_used_link_says_so(browser: Browser, path: str) -> None:
    browser.get(path)
    browser.post(path, PERSON)
    again = browser.get(path)
    assert again.status_code == 410
    assert "This link was used already." in again.text


def test_an_expired_link_says_so(browser: Browser) -> None:
    with unit_of_work():
        link = invite(role=StaffRole.EDITOR, now=utc_now() - timedelta(days=8))
    answer = browser.get(link.removeprefix("http://localhost"))
    assert answer.status_code == 410
    assert "This link has expired." in answer.text


def test_a_link_with_one_sign_changed_does_not_exist(browser: Browser, path: str) -> None:
    forged = path[:-1] + ("0" if path[-1] != "0" else "1")
    assert browser.get(forged).status_code == 404
    browser.get(path)
    assert browser.post(forged, PERSON).status_code == 404
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Staff)) == 0


def test_looking_at_the_page_uses_nothing_up(browser: Browser, path: str) -> None:
    for _ in range(3):
        assert browser.get(path).status_code == 200
