"""What a hub asks and tells us: believed only as far as we asked for it and it can sign."""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from newsletter.articles.hub_leases import secrets_of
from newsletter.articles.models import Feed, HubLease, HubLeaseState
from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make, reload
from tests.house.contents import contents
from tests.listener import Listener
from workers import articles as tasks

TOPIC = "https://paper.example.org/feed/"
BODY = b"<rss>whatever the hub sends along</rss>"


@pytest.fixture
def feed(make: Make) -> Feed:
    return make.feed(
        etag='"one"', last_modified="once", next_poll_at=utc_now() + timedelta(hours=3)
    )


@pytest.fixture
def lease(feed: Feed) -> HubLease:
    """A lease that was asked for just now."""
    row = HubLease(
        feed_id=feed.id,
        hub_url="https://hub.example.org/",
        topic_url=TOPIC,
        key="0123456789abcdef0123456789abcdef",
        asked_at=utc_now(),
        next_attempt_at=utc_now(),
    )
    with unit_of_work() as session:
        session.add(row)
    return row


def asks_back(client: FlaskClient, lease: HubLease, **changes: str) -> Any:
    values = {"mode": "subscribe", "topic": TOPIC, "challenge": "c<b>7", "lease_seconds": "86400"}
    query = {f"hub.{name}": value for name, value in (values | changes).items()}
    return client.get(f"/hubs/{lease.key}", query_string=query)


def signed(lease: HubLease, method: str = "sha256", body: bytes = BODY) -> str:
    (secret,) = secrets_of(lease.key)
    return f"{method}=" + hmac.new(secret.encode(), body, method).hexdigest()


def ping(client: FlaskClient, lease: HubLease, signature: str) -> int:
    headers = {"X-Hub-Signature": signature} if signature else {}
    return client.post(f"/hubs/{lease.key}", data=BODY, headers=headers).status_code


def test_a_hub_that_asks_back_gets_its_challenge_and_the_lease_is_noted(
    client: FlaskClient, lease: HubLease, queue: Listener
) -> None:
    before = contents()
    answer = asks_back(client, lease)
    assert (answer.status_code, answer.data) == (200, b"c<b>7")
    assert answer.content_type.startswith("text/plain")
    assert contents() == before  # by looking nothing changes; a job notes it
    assert queue.jobs == [(Job.NOTE_HUB, {"lease_id": lease.id, "seconds": 86_400})]
    tasks.note_hub(**queue.jobs[0][1])
    noted = reload(lease)
    assert (noted.state, noted.asked_at) == (HubLeaseState.ACTIVE, None)
    assert asks_back(client, lease).status_code == 404  # nobody asked a second time


@pytest.mark.parametrize(
    "changes",
    [
        {"topic": "https://elsewhere.example.org/feed/"},
        {"mode": "unsubscribe"},
        {"mode": ""},
        {"challenge": ""},
        {"challenge": "x" * 1001},
    ],
)
def test_what_we_did_not_ask_for_is_not_confirmed(
    client: FlaskClient, lease: HubLease, queue: Listener, changes: dict[str, str]
) -> None:
    assert asks_back(client, lease, **changes).status_code == 404
    assert queue.jobs == []


def test_a_hub_that_asks_back_too_late_is_not_confirmed(
    client: FlaskClient, lease: HubLease, queue: Listener
) -> None:
    with unit_of_work() as session:
        session.get_one(HubLease, lease.id).asked_at = utc_now() - timedelta(hours=2)
    assert asks_back(client, lease).status_code == 404


def test_a_refusal_is_noted(client: FlaskClient, lease: HubLease, queue: Listener) -> None:
    assert asks_back(client, lease, mode="denied").status_code == 200
    tasks.note_hub(**queue.jobs[0][1])
    assert reload(lease).state is HubLeaseState.REFUSED


def test_a_stranger_learns_nothing(client: FlaskClient, lease: HubLease, queue: Listener) -> None:
    assert client.get("/hubs/ffffffffffffffffffffffffffffffff").status_code == 404
    assert client.post("/hubs/ffffffffffffffffffffffffffffffff", data=BODY).status_code == 404
    assert queue.jobs == []


@pytest.mark.parametrize("method", ["sha256", "sha384", "sha512"])
def test_a_signed_ping_has_the_feed_polled_whole_at_once(
    client: FlaskClient, lease: HubLease, feed: Feed, queue: Listener, method: str
) -> None:
    assert ping(client, lease, signed(lease, method)) == 204
    polled = reload(feed)
    assert polled.next_poll_at <= utc_now()
    assert (polled.etag, polled.last_modified) == ("", "")
    assert queue.jobs == [(Job.POLL_FEED, {"feed_id": feed.id})]
    assert reload(lease).last_ping_at is not None


def test_a_ping_that_is_not_signed_well_changes_nothing_and_is_not_told_so(
    client: FlaskClient, lease: HubLease, queue: Listener
) -> None:
    before = contents()
    good = signed(lease)
    sha1 = "sha1=" + hmac.new(secrets_of(lease.key)[0].encode(), BODY, hashlib.sha1).hexdigest()
    other = signed(lease, body=BODY + b" ")
    for signature in ("", "sha256=", "sha256", good[:-1] + "é", good + "0", other, sha1, "md5=0"):
        assert ping(client, lease, signature) == 204
    assert contents() == before
    assert queue.jobs == []


def test_a_server_that_asked_to_be_left_alone_is_left_alone(
    client: FlaskClient, lease: HubLease, feed: Feed, queue: Listener
) -> None:
    later = utc_now() + timedelta(hours=1)
    with unit_of_work() as session:
        session.get_one(Feed, feed.id).wait_until = later
    assert ping(client, lease, signed(lease)) == 204
    assert queue.jobs == []


def test_a_disabled_feed_has_no_callback(
    client: FlaskClient, lease: HubLease, feed: Feed, queue: Listener
) -> None:
    with unit_of_work() as session:
        session.get_one(Feed, feed.id).disabled = True
    assert ping(client, lease, signed(lease)) == 404


def test_a_ping_may_carry_a_whole_feed_and_no_more(
    client: FlaskClient, lease: HubLease, queue: Listener
) -> None:
    body = b"x" * (3 * 1024 * 1024)
    headers = {"X-Hub-Signature": signed(lease, body=body)}
    assert client.post(f"/hubs/{lease.key}", data=body, headers=headers).status_code == 204
    assert len(queue.jobs) == 1
    too_much = b"x" * (10 * 1024 * 1024 + 1)
    assert client.post(f"/hubs/{lease.key}", data=too_much).status_code == 413


def test_leases_go_with_their_feed(lease: HubLease, feed: Feed) -> None:
    with unit_of_work() as session:
        session.delete(session.get_one(Feed, feed.id))
    db.session.rollback()
    assert db.session.scalars(sa.select(HubLease)).all() == []
