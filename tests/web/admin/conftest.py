"""A signed-in browser for the admin pages."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, g
from werkzeug.test import TestResponse

from newsletter.publications.models import Publication
from newsletter.staff.accounts import create_staff
from newsletter.staff.models import Staff, StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW

PASSWORD = "a quiet long password"
_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


@pytest.fixture(autouse=True)
def _cheap_hashes(app: Flask) -> None:
    """Hash quickly: these tests are about pages, and each of them signs in."""
    app.extensions["security"].pwd_context.update(
        argon2__time_cost=1, argon2__memory_cost=64, argon2__parallelism=1
    )


def make_staff(role: StaffRole = StaffRole.OWNER, email: str = "") -> Staff:
    """Store one member of staff."""
    with unit_of_work():
        return create_staff(
            email=email or f"{role.value}@example.org",
            name=role.value.title(),
            password=PASSWORD,
            role=role,
            now=NOW,
        )


def _forget_the_request_before() -> None:
    """Empty `g`: tests run in one application context, where it would outlive its request."""
    for name in list(g):
        g.pop(name)


class Browser:
    """A browser without scripts that sends the CSRF token of the page it looked at last."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.token = ""
        self.member: Staff

    def get(self, path: str, **options: Any) -> TestResponse:
        """Look at a page."""
        options.setdefault("headers", {"Accept": "text/html"})
        _forget_the_request_before()
        answer = self.client.get(path, **options)
        if found := _TOKEN.search(answer.text if answer.mimetype == "text/html" else ""):
            self.token = found[1]
        return answer

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Press a button."""
        _forget_the_request_before()
        return self.client.post(path, data={"csrf_token": self.token, **(data or {})}, **options)

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        """Fill in the sign-in form."""
        self.get("/admin/sign-in")
        return self.post("/admin/sign-in", {"email": email, "password": password})


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Nobody signed in."""
    return Browser(app)


@pytest.fixture
def staff_room(app: Flask) -> Callable[..., Browser]:
    """`staff_room(role)` stores a member of staff and returns her signed-in browser."""

    def enter(role: StaffRole = StaffRole.OWNER) -> Browser:
        seated = Browser(app)
        seated.member = make_staff(role)
        answer = seated.sign_in(seated.member.email)
        assert answer.status_code == 302, answer.text
        seated.get("/admin/account")
        return seated

    return enter


@pytest.fixture
def owner(paper: Publication, staff_room: Callable[..., Browser]) -> Browser:
    """The browser of an owner."""
    return staff_room(StaffRole.OWNER)


@pytest.fixture
def editor(paper: Publication, staff_room: Callable[..., Browser]) -> Browser:
    """The browser of an editor."""
    return staff_room(StaffRole.EDITOR)


@pytest.fixture
def viewer(paper: Publication, staff_room: Callable[..., Browser]) -> Browser:
    """The browser of a viewer."""
    return staff_room(StaffRole.VIEWER)
