"""Who may enter which admin page, from the route table."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from newsletter.staff.models import StaffRole
from newsletter.web.access import Audience, declared_access, may_enter
from tests.factories import Make
from tests.web.admin.conftest import Browser

#: Open to everybody, because nobody is signed in yet.
OPEN = {"admin.sign_in", "admin.check_password", "admin.welcome", "admin.accept_invitation"}


def admin_pages(app: Flask) -> Iterator[tuple[str, str, str, StaffRole]]:
    """Yield method, address, endpoint and lowest role of every admin page."""
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("admin.") or rule.endpoint in OPEN:
            continue
        access = declared_access(app, rule.endpoint)
        assert access is not None
        assert access.audience is Audience.STAFF, rule.endpoint
        assert access.role is not None
        with app.test_request_context():
            values = {name: "999" if name != "token" else "x" for name in rule.arguments}
            address = rule.build(values)[1]  # type: ignore[index]
        for method in (rule.methods or set()) & {"GET", "POST"}:
            yield method, address, rule.endpoint, access.role


def test_only_signing_in_and_welcomes_are_open(app: Flask) -> None:
    staff_pages = {endpoint for _, _, endpoint, _ in admin_pages(app)}
    every = {r.endpoint for r in app.url_map.iter_rules() if r.endpoint.startswith("admin.")}
    assert every - staff_pages == OPEN


def test_nobody_enters_without_signing_in(app: Flask, browser: Browser) -> None:
    for method, address, endpoint, _ in admin_pages(app):
        open_page = browser.get if method == "GET" else browser.post
        answer = open_page(address)
        if method == "GET":
            assert answer.status_code == 302, endpoint
            assert answer.location.startswith("/admin/sign-in?next="), endpoint
        else:
            assert answer.status_code in (401, 403), endpoint


@pytest.mark.parametrize("role", [StaffRole.VIEWER, StaffRole.EDITOR])
def test_a_lower_role_is_refused_what_is_not_hers(
    app: Flask, make: Make, staff_room: Callable[..., Browser], role: StaffRole
) -> None:
    make.publication()
    browser = staff_room(role)
    refused = 0
    for method, address, endpoint, needed in admin_pages(app):
        if may_enter(role, needed):
            continue
        answer = browser.get(address) if method == "GET" else browser.post(address)
        assert answer.status_code == 403, endpoint
        refused += 1
    assert refused > 5


def test_the_navigation_shows_only_what_opens(
    make: Make, staff_room: Callable[..., Browser]
) -> None:
    make.publication()
    viewer = staff_room(StaffRole.VIEWER).get("/admin/").text
    owner = staff_room(StaffRole.OWNER).get("/admin/").text
    assert 'href="/admin/settings"' in owner
    assert 'href="/admin/settings"' not in viewer


def test_admin_pages_stay_out_of_caches_and_frames(staff_room: Callable[..., Browser]) -> None:
    headers = staff_room().get("/admin/account").headers
    assert headers["Cache-Control"] == "no-store"
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "path",
    [
        "/admin/readers/99999999999999999999",
        "/admin/readers?address=%00an&after=%00&state=%00",
        "/admin/readers?address=%ff%fe",
        "/admin/?publication=%00",
    ],
)
def test_odd_addresses_are_answered_calmly(
    make: Make, staff_room: Callable[..., Browser], path: str
) -> None:
    make.publication()
    assert staff_room().get(path).status_code in (200, 404)
