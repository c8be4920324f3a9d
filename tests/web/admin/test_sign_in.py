"""Signing in and out."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from newsletter.extensions import limiter
from newsletter.staff.accounts import deactivate
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.web.admin.conftest import PASSWORD, Browser, make_staff

Enter = Callable[..., Browser]


def _without_token(page: str) -> str:
    return re.sub(r'(csrf[-_]token" (?:content|value))="[^"]+"', r"\1", page)


@pytest.fixture
def limits(app: Flask) -> Iterator[None]:
    """Rate limits as in production, counted from nought."""
    before = limiter.enabled
    limiter.enabled = True
    limiter.reset()
    yield
    limiter.reset()
    limiter.enabled = before


def test_the_right_password_opens_the_overview(browser: Browser) -> None:
    make_staff()
    answer = browser.sign_in("owner@example.org")
    assert answer.location == "/admin/"
    assert browser.get("/admin/account").status_code == 200


def test_unknown_address_and_wrong_password_get_the_same_answer(browser: Browser) -> None:
    make_staff()
    wrong = browser.sign_in("owner@example.org", "not the password")
    unknown = browser.sign_in("nobody@example.org", "not the password")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert "Address or password is wrong." in wrong.text
    assert _without_token(wrong.text).replace("owner@", "nobody@") == _without_token(unknown.text)


def test_a_page_asked_for_before_signing_in_opens_afterwards(browser: Browser) -> None:
    make_staff()
    sent_to = browser.get("/admin/readers?state=pending").location
    page = browser.get(sent_to)
    assert 'value="/admin/readers?state=pending"' in page.text
    answer = browser.post(
        "/admin/sign-in",
        {
            "email": "owner@example.org",
            "password": PASSWORD,
            "next": "/admin/readers?state=pending",
        },
    )
    assert answer.location == "/admin/readers?state=pending"


@pytest.mark.parametrize(
    "wish",
    [
        "https://evil.example.net/admin/",
        "//evil.example.net/admin/",
        "/\\evil.example.net",
        "/elsewhere",
    ],
)
def test_signing_in_never_leads_to_another_site(browser: Browser, wish: str) -> None:
    make_staff()
    browser.get("/admin/sign-in")
    data = {"email": "owner@example.org", "password": PASSWORD, "next": wish}
    assert browser.post("/admin/sign-in", data).location == "/admin/"


def test_the_session_changes_at_sign_in_and_keeps_nothing_of_before(browser: Browser) -> None:
    make_staff()
    browser.get("/admin/sign-in")
    with browser.client.session_transaction() as session:
        session["planted"] = "by an attacker"
        before = session["csrf_token"]
    browser.post("/admin/sign-in", {"email": "owner@example.org", "password": PASSWORD})
    with browser.client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != before


def test_signing_out_ends_the_session(staff_room: Enter) -> None:
    browser = staff_room()
    assert browser.post("/admin/sign-out").location == "/admin/sign-in"
    assert browser.get("/admin/account").status_code == 302


def test_a_closed_account_is_signed_out_at_once(staff_room: Enter) -> None:
    make_staff(StaffRole.OWNER, "second@example.org")
    browser = staff_room()
    with unit_of_work() as session:
        deactivate(staff=session.merge(browser.member))
    assert browser.get("/admin/account").status_code == 302


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(
    app: Flask, staff_room: Enter
) -> None:
    here = staff_room()
    there = Browser(app)
    there.sign_in("owner@example.org")
    answer = here.post(
        "/admin/account/password", {"current": PASSWORD, "password": "another long password"}
    )
    assert answer.status_code == 302
    assert here.get("/admin/account").status_code == 200
    assert there.get("/admin/account").status_code == 302


def test_a_wrong_present_password_is_told_at_its_field(staff_room: Enter) -> None:
    browser = staff_room()
    answer = browser.post(
        "/admin/account/password", {"current": "wrong", "password": "another long password"}
    )
    assert answer.status_code == 400
    assert 'id="problem-current"' in answer.text


@pytest.mark.usefixtures("limits")
def test_ten_wrong_passwords_slow_the_account_from_any_network(browser: Browser) -> None:
    make_staff()
    make_staff(StaffRole.EDITOR)
    for number in range(10):
        browser.client.environ_base["REMOTE_ADDR"] = f"198.51.{number}.7"
        assert browser.sign_in("owner@example.org", "wrong").status_code == 401
    slowed = browser.sign_in("OWNER@example.org")
    assert slowed.status_code == 429
    assert slowed.headers["Retry-After"] == "300"
    assert "Wait five minutes" in slowed.text
    assert browser.sign_in("editor@example.org").status_code == 302


@pytest.mark.usefixtures("limits")
def test_thirty_wrong_passwords_slow_a_network_over_all_accounts(app: Flask) -> None:
    make_staff()
    browser = Browser(app)
    for number in range(30):
        assert browser.sign_in(f"guess{number}@example.org", "wrong").status_code == 401
    assert browser.sign_in("owner@example.org").status_code == 429
    elsewhere = Browser(app)
    elsewhere.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    assert elsewhere.sign_in("owner@example.org").status_code == 302


@pytest.mark.usefixtures("limits")
def test_right_passwords_do_not_count(app: Flask) -> None:
    make_staff()
    for _ in range(12):
        assert Browser(app).sign_in("owner@example.org").status_code == 302


def test_a_post_without_the_sessions_token_is_refused(app: Flask, staff_room: Enter) -> None:
    browser = staff_room()
    assert browser.post("/admin/sign-out", {"csrf_token": ""}).status_code == 403
    other = Browser(app)
    other.get("/admin/sign-in")
    assert browser.post("/admin/sign-out", {"csrf_token": other.token}).status_code == 403
    assert browser.get("/admin/account").status_code == 200


def test_the_sign_in_form_itself_needs_a_token(browser: Browser) -> None:
    make_staff()
    data = {"email": "owner@example.org", "password": PASSWORD}
    assert browser.post("/admin/sign-in", data).status_code == 403


def test_no_page_of_flask_security_is_exposed(app: Flask) -> None:
    assert not [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("security")]


def test_workers_do_not_load_flask_security() -> None:
    program = (
        "import os, sys; os.environ.update(SECRET_KEY='k' * 40, DATABASE_URL='sqlite:///:memory:');"
        "from newsletter import create_app; create_app(pages=False);"
        "sys.exit('flask_security' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("path", ["/healthz", "/"])
def test_a_public_page_does_not_depend_on_the_session(browser: Browser, path: str) -> None:
    assert "Cookie" not in browser.get(path).headers.get("Vary", "")
