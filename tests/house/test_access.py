"""Every view declares whom it is for, and the declaration holds."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login import LoginManager, UserMixin

from newsletter.config import Settings
from newsletter.staff.models import StaffRole
from newsletter.web.access import (
    Audience,
    declared_access,
    development,
    enforce,
    may_enter,
    public,
    staff,
    token_holder,
)
from tests.house.addresses import rules_for
from tests.web.admin.conftest import Browser, make_staff

PAGE = {"Accept": "text/html"}


class Person(UserMixin):
    """Somebody with a role."""

    def __init__(self, role: StaffRole) -> None:
        self.id = role.value
        self.role = role


@pytest.fixture
def door() -> Flask:
    """An application with one view of each kind; the header X-Role says who asks."""
    app = Flask("door")
    app.config["SECRET_KEY"] = "k" * 40
    app.extensions["settings"] = Settings(_env_file=None, secret_key="k" * 40, smtp_url="")
    LoginManager(app).request_loader(
        lambda request: Person(StaffRole(role)) if (role := request.headers.get("X-Role")) else None
    )
    enforce(app)

    def view(**_: object) -> str:
        return "inside"

    def wrapped(**_: object) -> str:
        return "inside"

    methods = ["GET", "POST"]
    app.add_url_rule("/undeclared", "undeclared", lambda: "inside", methods=methods)
    app.add_url_rule("/public", "public", public(lambda: "inside"), methods=methods)
    app.add_url_rule("/token/<token>", "token", token_holder(view), methods=methods)
    app.add_url_rule("/dev", "dev", development(lambda: "inside"), methods=methods)
    app.add_url_rule("/edit", "edit", staff(StaffRole.EDITOR)(wrapped), methods=methods)
    return app


@pytest.fixture
def visitor(door: Flask) -> FlaskClient:
    """Somebody at the door."""
    return door.test_client()


def test_a_view_without_a_declaration_answers_nobody(visitor: FlaskClient) -> None:
    answer = visitor.get("/undeclared", headers={"X-Role": "owner"})
    assert answer.status_code == 500
    assert b"inside" not in answer.data


@pytest.mark.parametrize("path", ["/public", "/token/abc", "/dev"])
def test_public_views_answer_everybody(visitor: FlaskClient, path: str) -> None:
    assert visitor.get(path).data == b"inside"


def test_development_views_do_not_exist_once_mail_leaves_the_machine(door: Flask) -> None:
    door.extensions["settings"] = Settings(
        _env_file=None, secret_key="k" * 40, smtp_url="smtp://relay.example.org"
    )
    assert door.test_client().get("/dev").status_code == 404


def test_a_stranger_who_opens_a_staff_page_is_asked_to_sign_in(visitor: FlaskClient) -> None:
    answer = visitor.get("/edit?page=2&sort=name", headers=PAGE)
    assert answer.status_code == 302
    assert answer.location == "/admin/sign-in?next=%2Fedit%3Fpage%3D2%26sort%3Dname"


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"Accept": "application/json"}),
        ("GET", PAGE | {"HX-Request": "true"}),
        ("POST", PAGE),
    ],
)
def test_a_stranger_who_does_anything_else_gets_401(
    visitor: FlaskClient, method: str, headers: dict[str, str]
) -> None:
    assert visitor.open("/edit", method=method, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("editor", 200), ("viewer", 403), ("", 302)]
)
def test_a_staff_view_opens_to_its_role_and_those_above(
    visitor: FlaskClient, role: str, status: int
) -> None:
    headers = PAGE | ({"X-Role": role} if role else {})
    assert visitor.get("/edit", headers=headers).status_code == status


def test_an_owner_may_do_everything_and_a_viewer_only_look() -> None:
    assert [may_enter(StaffRole.OWNER, needed) for needed in StaffRole] == [True, True, True]
    assert [may_enter(StaffRole.VIEWER, needed) for needed in StaffRole] == [False, False, True]


def test_every_route_declares_its_access(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert [one for one in sorted(endpoints) if declared_access(app, one) is None] == []


def test_every_staff_page_refuses_strangers(app: Flask, client: FlaskClient) -> None:
    tried = 0
    for rule, path, methods in rules_for(app, Audience.STAFF):
        for method in methods:
            answer = client.open(path, method=method, headers={"Accept": "application/json"})
            # A foreign POST may already fail for want of its CSRF token.
            assert answer.status_code in (401, 403), f"{method} {rule.rule}"
            tried += 1
    assert tried > 5


@pytest.mark.parametrize("role", [StaffRole.EDITOR, StaffRole.VIEWER])
def test_every_staff_page_refuses_lower_roles(app: Flask, role: StaffRole) -> None:
    browser = Browser(app)
    make_staff(role)
    assert browser.sign_in(f"{role.value}@example.org").status_code == 302
    browser.get("/admin/account")
    tried = 0
    for rule, path, methods in rules_for(app, Audience.STAFF):
        access = declared_access(app, rule.endpoint)
        assert access is not None
        assert access.role is not None
        if may_enter(role, access.role):
            continue
        for method in methods:
            data = {"csrf_token": browser.token} if method == "POST" else None
            answer = browser.client.open(path, method=method, data=data)
            assert answer.status_code == 403, f"{method} {rule.rule} as {role}"
            tried += 1
    assert tried > 0
