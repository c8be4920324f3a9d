"""Sending that is held stands first among the troubles, and has its button."""

from collections.abc import Callable

import pytest

from newsletter.extensions import redis
from newsletter.mail.sending_hold import REDIS_KEY
from newsletter.publications.models import Publication
from newsletter.staff.audit import latest_events
from newsletter.staff.models import StaffRole
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import buttons, words
from workers import hold

Enter = Callable[..., Browser]


@pytest.fixture
def _gone_back(paper: Publication) -> None:
    hold.mark()
    redis.set(REDIS_KEY, 50)
    assert hold.is_held()


@pytest.mark.usefixtures("_gone_back")
def test_staff_read_why_no_mail_goes_out_and_release_it(staff_room: Enter) -> None:
    browser = staff_room(StaffRole.EDITOR)
    page = browser.get("/admin/").text
    assert "Sending is held: no mail goes out" in words(page)
    [release] = [address for address in buttons(page) if "/sending/" in address]
    answer = browser.post(release, follow_redirects=True)
    assert "Released. What is due goes out within a minute." in words(answer.text)
    assert "Sending is held" not in answer.text
    assert latest_events()[0].action == "sending_released"
    assert not hold.is_held()
    again = browser.post(release, follow_redirects=True)
    assert "Somebody else released it." in again.text


@pytest.mark.usefixtures("_gone_back")
def test_a_viewer_sees_the_hold_and_may_not_release_it(staff_room: Enter) -> None:
    browser = staff_room(StaffRole.VIEWER)
    page = browser.get("/admin/").text
    assert "Sending is held" in page
    assert not any("/sending/" in address for address in buttons(page))
    assert browser.post("/admin/sending/release").status_code == 403
    assert hold.is_held()
