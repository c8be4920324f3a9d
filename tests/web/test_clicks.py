"""Counted links lead to stored addresses only, write nothing, and need no Redis."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from redis import ConnectionError as RedisAway

from newsletter import waiting_notes
from newsletter.clock import utc_now
from newsletter.digests.clicks import MACHINES, WAITING, take_clicks
from newsletter.digests.models import CountedLink
from newsletter.extensions import db, redis
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make
from workers import upkeep

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TOKEN, OFF, BAD = "a" * 26, "b" * 26, "c" * 26
WHERE = "https://paper.example.org/a?b=c&d=e#f"


@pytest.fixture(autouse=True)
def _links(app: Flask, make: Make) -> None:
    """Three links: counted, of a publication that stopped counting, and one tampered with."""
    WAITING.quiet_until = 0.0
    for counts, links in {
        True: {TOKEN: WHERE, BAD: "javascript:alert(1)"},
        False: {OFF: WHERE},
    }.items():
        home = make.publication(counts_clicks=counts)
        digest = make.digest(publication=home, fanned_out_at=NOW)
        with unit_of_work() as session:
            for token, url in links.items():
                session.add(CountedLink(digest_id=digest.id, token=token, url=url))


def counted(token: str = TOKEN) -> tuple[int, int]:
    """Let a worker count in a minute's time, and return people's and machines' clicks."""
    db.session.rollback()
    columns = (CountedLink.clicks, CountedLink.machine_clicks)
    row = db.session.execute(sa.select(*columns).where(CountedLink.token == token)).one()
    return row[0], row[1]


def a_minute_later(monkeypatch: pytest.MonkeyPatch) -> None:
    later = utc_now() + timedelta(seconds=61)
    monkeypatch.setattr(upkeep, "utc_now", lambda: later)
    upkeep.count()


def press(
    client: FlaskClient, token: str = TOKEN, agent: str = BROWSER, method: str = "GET"
) -> int:
    answer = client.open(f"/r/{token}", method=method, headers={"User-Agent": agent})
    return answer.status_code


def test_a_link_leads_where_it_was_stored_to_lead_and_leaves_no_trace(client: FlaskClient) -> None:
    answer = client.get(f"/r/{TOKEN}?url=https://evil.example", headers={"User-Agent": BROWSER})
    assert answer.status_code == 302
    assert answer.headers["Location"] == WHERE
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    (waiting,) = redis.lrange(WAITING.key, 0, -1)
    assert b"127.0.0" not in waiting
    assert b"Firefox" not in waiting
    assert counted() == (0, 0)


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "%2F%2Fevil.example",
        "/evil.example",
        "\\evil.example",
        "%5C%5Cevil.example",
        "javascript:alert(1)",
        "https://evil.example",
        f"{TOKEN}//evil.example",
        f"{TOKEN}@evil.example",
        BAD,
    ],
)
def test_what_tries_to_lead_elsewhere_is_refused(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/r/{path}")
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize("token", ["", "z" * 26, "a" * 25, "A" * 26, "a" * 25 + "1"])
def test_a_token_that_was_never_given_out_leads_nowhere(client: FlaskClient, token: str) -> None:
    assert client.get(f"/r/{token}").status_code == 404


def test_a_minute_later_a_worker_adds_what_people_pressed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert press(client) == 302
    assert press(client, agent="BarracudaCentral") == 302
    assert press(client, agent="") == 302
    assert press(client, agent=BROWSER + " other", method="HEAD") == 302
    upkeep.count()
    assert counted() == (0, 2)  # those that say what they are need not settle
    a_minute_later(monkeypatch)
    assert counted() == (1, 3)
    a_minute_later(monkeypatch)
    assert counted() == (1, 3)
    assert redis.llen(WAITING.key) == 0
    assert not redis.exists(MACHINES)


def test_a_worker_that_dies_before_the_rows_are_written_loses_nothing(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(client)
    press(client, agent="curl/8")
    assert take_clicks(now=utc_now() + timedelta(seconds=61)) is not None
    assert take_clicks(now=utc_now()) is None  # still in the dead one's hand
    redis.delete(WAITING.lock)
    press(client, agent="curl/8")
    a_minute_later(monkeypatch)
    a_minute_later(monkeypatch)
    assert counted() == (1, 2)


def test_two_readers_at_one_address_are_told_apart_by_their_browsers(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for agent in (BROWSER, BROWSER.replace("140", "141")):
        for _ in range(4):
            press(client, agent=agent)
    a_minute_later(monkeypatch)
    assert counted() == (8, 0)


def test_a_publication_that_counts_no_more_still_leads(client: FlaskClient) -> None:
    assert press(client, OFF) == 302
    assert redis.llen(WAITING.key) == 0


def test_without_redis_a_link_still_leads_and_nobody_waits_twice(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def away(*_: object) -> int:
        asked.append(1)
        raise RedisAway

    monkeypatch.setattr(redis, "rpush", away)
    assert [press(client) for _ in range(5)] == [302] * 5
    assert len(asked) == 1


def test_a_flood_is_a_machines_and_fills_no_memory(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_notes, "MOST_WAITING", 3)
    for number in range(6):
        press(client, agent=f"{BROWSER} {number}")
    assert redis.llen(WAITING.key) == 3
    a_minute_later(monkeypatch)
    assert counted() == (3, 3)
