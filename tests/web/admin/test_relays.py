"""Relays in the admin: trouble is told in words, and a stopped relay can be released."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from newsletter import heartbeat
from newsletter.clock import utc_now
from newsletter.extensions import db, redis
from newsletter.mail.relay_scripts import relay_key
from newsletter.mail.relay_stops import all_stops, record_stop
from newsletter.mail.shared_gate import SharedGate
from newsletter.mail.smtp_url import parse_smtp_urls
from newsletter.publications.models import Publication
from newsletter.staff.audit import latest_events
from newsletter.staff.models import StaffRole
from tests.factories import Make
from tests.mail.relays import BUSY, REFUSED, SIGN_IN, THROTTLED, Clock
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import buttons, words

Enter = Callable[..., Browser]

URL = "smtp://news:s3cret@mail.example.org?connections=10,smtp://backup.example.org"
RELAY = "mail.example.org:587"


@pytest.fixture
def paper(app: Flask, make: Make, monkeypatch: pytest.MonkeyPatch) -> Publication:
    settings = app.extensions["settings"].model_copy(update={"smtp_url": URL})
    monkeypatch.setitem(app.extensions, "settings", settings)
    monkeypatch.setattr(heartbeat, "last", lambda _queue: utc_now())
    return make.publication()


@pytest.fixture
def worker(paper: Publication) -> SharedGate:
    """The gate of a worker that holds ten connections."""
    client = redis._get_current_object()
    found = SharedGate(parse_smtp_urls(URL)[0], redis=client, engine=db.engine, clock=Clock())
    found.connections(10)
    return found


def refuse_three(worker: SharedGate) -> None:
    for recipient in ("a@example.org", "b@example.org", "c@example.org"):
        worker.heard(REFUSED, recipient=recipient)


@pytest.mark.usefixtures("worker")
def test_relays_that_are_well_are_not_spoken_of(staff_room: Enter) -> None:
    assert "Everything is running." in staff_room(StaffRole.VIEWER).get("/admin/").text


def test_a_silenced_relay_is_told_with_the_hour(worker: SharedGate, staff_room: Enter) -> None:
    worker.heard(THROTTLED)
    page = words(staff_room(StaffRole.VIEWER).get("/admin/overview/now").text)
    hour = re.search(r"The relay mail\.example\.org:587 is silenced until (\d\d:\d\d) UTC", page)
    assert hour
    expected = utc_now() + timedelta(minutes=10)
    assert hour[1] in {f"{expected - timedelta(seconds=s):%H:%M}" for s in (0, 30)}
    assert "421 4.7.28 Our system has detected an unusual rate of mail" in page


def test_a_relay_that_does_not_let_us_in_is_told_without_the_password(
    worker: SharedGate, staff_room: Enter
) -> None:
    worker.heard(SIGN_IN)
    page = staff_room().get("/admin/").text
    assert "The relay mail.example.org:587 does not let us in; the next try is at" in page
    assert "535 5.7.8" in page
    assert "s3cret" not in page


def test_a_slowed_relay_is_told_but_not_as_grave(worker: SharedGate, staff_room: Enter) -> None:
    worker.heard(BUSY)
    page = staff_room().get("/admin/").text
    assert "takes few connections: 5 for all workers" in page
    assert "alert-danger" not in page


def test_a_stopped_relay_is_released_by_its_button(worker: SharedGate, staff_room: Enter) -> None:
    refuse_three(worker)
    browser = staff_room(StaffRole.EDITOR)
    page = browser.get("/admin/").text
    assert "The relay mail.example.org:587 is stopped: it refused our mail" in page
    assert "550 5.7.1 Messages from your network are not accepted. Mails wait" in page
    [release] = [address for address in buttons(page) if "/relays/" in address]
    answer = browser.post(release, follow_redirects=True)
    assert "The relay mail.example.org:587 is released." in answer.text
    assert "is stopped" not in answer.text
    assert not all_stops()
    event = latest_events()[0]
    assert (event.action, event.detail, event.staff) == ("relay_released", RELAY, browser.member)
    worker._clock.pass_by(1)  # type: ignore[attr-defined]
    assert worker.connections(10) == 1


def test_a_viewer_sees_the_stop_and_may_not_release_it(
    worker: SharedGate, staff_room: Enter
) -> None:
    refuse_three(worker)
    browser = staff_room(StaffRole.VIEWER)
    page = browser.get("/admin/").text
    assert "is stopped" in page
    assert not any("/relays/" in address for address in buttons(page))
    [stop] = all_stops()
    assert browser.post(f"/admin/relays/{stop.id}/release").status_code == 403
    assert all_stops()


@pytest.mark.usefixtures("paper")
def test_a_relay_that_somebody_else_released_is_no_error(staff_room: Enter) -> None:
    browser = staff_room()
    answer = browser.post("/admin/relays/77/release", follow_redirects=True)
    assert "Somebody else released it." in answer.text
    assert "relay_released" not in [event.action for event in latest_events()]


@pytest.mark.usefixtures("paper")
def test_a_stop_of_a_relay_that_is_not_used_any_more_is_no_trouble(staff_room: Enter) -> None:
    record_stop(db.engine, relay="old.example.org:25", answer="550 5.7.1 No", now=utc_now())
    assert "Everything is running." in staff_room().get("/admin/").text


def test_a_stop_is_released_although_redis_is_away(
    worker: SharedGate, staff_room: Enter, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_three(worker)
    browser = staff_room()
    [stop] = all_stops()
    from redis import Redis

    nowhere = Redis.from_url("unix:///nowhere.sock")
    monkeypatch.setitem(app.extensions, "redis", nowhere)
    assert browser.post(f"/admin/relays/{stop.id}/release").status_code == 302
    db.session.rollback()
    assert not all_stops()


def test_the_state_of_a_relay_is_kept_under_its_own_name(worker: SharedGate) -> None:
    worker.heard(BUSY)
    assert redis.exists(relay_key(RELAY, "health"))
    assert not redis.exists(relay_key("backup.example.org:587", "health"))
