"""Where a feed announces its hub, and what a hub is asked and told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.articles.hub_leases import WISHED, hubs_can_reach_us, note_answer, sweep_hubs
from newsletter.articles.models import Feed, HubLease, HubLeaseState
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer
from tests.articles.polling import connect
from tests.articles.tiny_feeds import item, rss
from tests.factories import NOW, Make, reload

PUBLIC = "https://news.example.org"
DAY = timedelta(days=1)
TOPIC = "https://paper.example.org/feed/"


@dataclass
class Hub:
    """A hub on loopback: notes what it is asked."""

    url: str = ""
    status: int = 202
    asked: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def running_hub() -> Iterator[Hub]:
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            hub.asked.append(dict(parse_qsl(body)))
            self.send_response(hub.status)
            self.send_header("Content-Length", "11")
            self.end_headers()
            self.wfile.write(b"not for you")

        def log_message(self, *_words: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}/hub"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def hub() -> Iterator[Hub]:
    with running_hub() as running:
        yield running


@pytest.fixture(autouse=True)
def public_address(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the service have an address that a hub could call."""
    own = app.extensions["settings"].model_copy(update={"base_url": PUBLIC})
    monkeypatch.setitem(app.extensions, "settings", own)


def sweep(after: timedelta = timedelta()) -> int:
    return sweep_hubs(clock=lambda: NOW + after)


def lease() -> HubLease:
    db.session.rollback()
    return db.session.scalars(sa.select(HubLease)).one()


def answered(seconds: int) -> HubLease:
    lease_id = lease().id
    with unit_of_work():
        note_answer(lease_id=lease_id, seconds=seconds, now=NOW)
    return lease()


def test_a_hub_is_read_from_the_document_and_from_the_header(
    server: LocalServer, paper: Publication
) -> None:
    links = (
        '<https://paper.example.org/wp-json/>; rel="https://api.w.org/", '
        '<https://hub.example.org/>; rel="hub", <https://paper.example.org/feed/>; rel=self'
    )
    feed = connect(paper, server.says("/a", rss(item(1)), headers={"Link": links}))
    assert reload(feed).hub_url == "https://hub.example.org/"
    assert reload(feed).hub_topic == "https://paper.example.org/feed/"
    atom = b'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="/own-hub"/>'
    document = rss(item(2)).replace(b"<channel>", b"<channel>" + atom)
    feed = connect(paper, server.says("/b", document))
    assert reload(feed).hub_url == f"{server.url}/own-hub"
    assert reload(feed).hub_topic == f"{server.url}/b"
    feed = connect(paper, server.says("/c", rss(item(3))))
    assert reload(feed).hub_url == ""


def test_a_hub_is_asked_once_with_a_secret_of_its_own(hub: Hub, make: Make) -> None:
    feed = make.feed(hub_url=hub.url, hub_topic=TOPIC)
    assert [sweep(), sweep()] == [1, 0]
    (asked,) = hub.asked
    assert asked["hub.mode"] == "subscribe"
    assert asked["hub.topic"] == TOPIC
    assert asked["hub.callback"] == f"{PUBLIC}/hubs/{lease().key}"
    assert asked["hub.lease_seconds"] == str(10 * 86_400)
    assert len(asked["hub.secret"]) == 64
    assert asked["hub.secret"] not in {lease().key, app_key()}
    assert (lease().feed_id, lease().state) == (feed.id, HubLeaseState.ASKED)


def app_key() -> str:
    return "a-key-for-tests-only-0123456789abcdef"


def test_a_lease_is_renewed_before_it_ends(hub: Hub, make: Make) -> None:
    make.feed(hub_url=hub.url, hub_topic=TOPIC)
    sweep()
    granted = answered(4 * 86_400)
    assert (granted.state, granted.lease_until) == (HubLeaseState.ACTIVE, NOW + 4 * DAY)
    assert sweep(2 * DAY) == 0
    assert sweep(3 * DAY) == 1
    assert lease().state is HubLeaseState.ACTIVE  # until it has ended
    assert sweep(4 * DAY) == 1
    assert lease().state is HubLeaseState.ASKED


def test_a_hub_that_grants_a_moment_or_an_age_is_brought_to_reason(hub: Hub, make: Make) -> None:
    make.feed(hub_url=hub.url, hub_topic=TOPIC)
    sweep()
    assert answered(1).next_attempt_at > NOW + timedelta(minutes=3)
    sweep(DAY)
    until = answered(10**9 - 1).lease_until
    assert until is not None
    assert until <= NOW + 9 * WISHED


def test_a_hub_that_refuses_or_fails_is_asked_less_and_less(hub: Hub, make: Make) -> None:
    make.feed(hub_url=hub.url, hub_topic=TOPIC)
    hub.status = 403
    waits = []
    at = timedelta()
    for _ in range(6):
        assert sweep(at) == 1
        waits.append(lease().next_attempt_at - (NOW + at))
        at += waits[-1]
    assert waits == sorted(waits)
    assert waits[0] < waits[-1] <= DAY
    assert lease().note == "The server answered 403. It said: not for you"
    sweep(at)
    assert answered(0).state is HubLeaseState.REFUSED


def test_a_feed_that_changes_its_hub_gets_another_lease(hub: Hub, make: Make) -> None:
    feed = make.feed(hub_url=hub.url, hub_topic=TOPIC)
    sweep()
    first = answered(86_400).key
    with unit_of_work() as session:
        session.get_one(Feed, feed.id).hub_topic = "https://paper.example.org/new/"
    assert sweep() == 1
    assert lease().key != first
    with unit_of_work() as session:
        session.get_one(Feed, feed.id).hub_url = ""
    sweep()
    assert db.session.scalars(sa.select(HubLease)).all() == []


def test_a_disabled_feed_asks_for_nothing(hub: Hub, make: Make) -> None:
    make.feed(hub_url=hub.url, hub_topic=TOPIC, disabled=True)
    assert sweep() == 0


def test_a_hub_on_an_internal_address_is_never_called(make: Make) -> None:
    make.feed(hub_url="http://10.0.0.1/hub", hub_topic=TOPIC)
    sweep()
    assert "internal address" in lease().note


@pytest.mark.parametrize(
    ("address", "can"),
    [
        ("https://news.example.org", True),
        ("http://news.example.org", False),
        ("https://localhost", False),
        ("https://news.local", False),
        ("https://127.0.0.1", False),
        ("https://10.1.2.3:8443", False),
        ("https://[::1]", False),
    ],
)
def test_hubs_are_asked_only_where_they_can_call_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch, hub: Hub, make: Make, address: str, can: bool
) -> None:
    own = app.extensions["settings"].model_copy(update={"base_url": address})
    monkeypatch.setitem(app.extensions, "settings", own)
    make.feed(hub_url=hub.url, hub_topic=TOPIC)
    assert hubs_can_reach_us() is can
    assert sweep() == int(can)
