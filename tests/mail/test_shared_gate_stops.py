"""A relay that refuses our mail is stopped for all workers until staff release it."""

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.mail import relay_stops
from newsletter.mail.relay_health import (
    reopen,
)
from newsletter.mail.relay_scripts import relay_key
from newsletter.mail.shared_gate import STOP_LOOK_SECONDS
from newsletter.mail.smtp_replies import Reply
from newsletter.unit_of_work import unit_of_work
from tests.mail.relays import (
    Clock,
    gate,
)
from tests.mail.shared_gates import RELAY, pair, refuse, stops
from tests.mail.shared_gates import clock as clock
from tests.mail.shared_gates import queue as queue


def test_refusals_of_several_recipients_stop_the_relay_for_all_workers(queue, clock):
    one, two = pair(queue, clock)
    one.connections(10), two.connections(10)
    refuse(one, "a@example.org")
    refuse(two, "b@example.org")
    assert one.connections(10) == 10
    refuse(one, "c@example.org")
    assert one.connections(10) == 0
    clock.pass_by(1)
    assert two.connections(10) == 0
    assert two.why() == (
        "The relay mail.example.org:587 refused our mail to several readers (550 5.7.1 Messages "
        "from your network are not accepted), so nothing more goes there until staff release it."
    )
    assert [(row.relay, row.answer[:9]) for row in stops()] == [(RELAY.address, "550 5.7.1")]


def test_one_recipient_who_is_refused_again_and_again_stops_nothing(queue, clock):
    one = gate(RELAY, queue.client, clock)
    refuse(one, *["a@example.org"] * 20, "b@example.org")
    assert one.connections(10) == 10
    assert stops() == []


def test_refusals_far_apart_stop_nothing(queue, clock):
    one = gate(RELAY, queue.client, clock)
    refused = relay_key(RELAY.address, "refused")
    for recipient in ("a@example.org", "b@example.org", "c@example.org", "d@example.org"):
        refuse(one, recipient)
        for member, at in queue.client.zrange(refused, 0, -1, withscores=True):
            queue.client.zadd(refused, {member: at - 31_000})
    assert stops() == []


def test_no_address_of_a_reader_is_left_in_redis(queue, clock):
    one = gate(RELAY, queue.client, clock)
    reply = Reply(550, "5.7.1 <reader@example.org>: Recipient rejected")
    refuse(one, "reader@example.org", "b@example.org", "c@example.org", reply=reply)
    kept = b" ".join(
        str(
            queue.client.zrange(key, 0, -1) if b"refused" in key else queue.client.dump(key)
        ).encode()
        for key in queue.client.keys("*")
    )
    assert b"reader" not in kept.replace(b"several readers", b"")
    assert "reader@" not in stops()[0].answer
    members = queue.client.zrange(relay_key(RELAY.address, "refused"), 0, -1)
    assert {len(member) for member in members} == {4}


def test_a_stop_outlives_an_emptied_redis_and_restarted_workers(queue, clock):
    one = gate(RELAY, queue.client, clock)
    refuse(one, "a@example.org", "b@example.org", "c@example.org")
    queue.client.flushall()
    clock.pass_by(1)
    assert one.connections(10) == 0
    queue.client.flushall()
    fresh = gate(RELAY, queue.client, Clock())
    assert fresh.connections(10) == 0
    assert "550 5.7.1" in fresh.why()


def test_a_stop_holds_while_redis_is_away(queue, clock):
    one = gate(RELAY, queue.client, clock)
    refuse(one, "a@example.org", "b@example.org", "c@example.org")
    queue.stop()
    fresh = gate(RELAY, queue.client, Clock())
    assert fresh.connections(10) == 0
    assert "until staff release it" in fresh.why()


def test_a_released_relay_begins_with_one_connection(queue, clock):
    one, two = pair(queue, clock)
    refuse(one, "a@example.org", "b@example.org", "c@example.org")
    one.connections(10), two.connections(10)
    with unit_of_work():
        relay_stops.release_stop(relay=RELAY.address)
    reopen(queue.client, relay=RELAY.address)
    clock.pass_by(1)
    assert (one.connections(10), two.connections(10)) == (1, 0)
    assert one.why() == ""
    refuse(one, "d@example.org")  # what was counted before the release counts no more
    assert one.connections(10) == 1


def test_a_release_that_redis_did_not_hear_of_is_read_from_the_database(queue, clock):
    one = gate(RELAY, queue.client, clock)
    refuse(one, "a@example.org", "b@example.org", "c@example.org")
    queue.stop()
    clock.pass_by(1)
    assert one.connections(10) == 0
    with unit_of_work():
        relay_stops.release_stop(relay=RELAY.address)
    clock.pass_by(STOP_LOOK_SECONDS)
    assert one.connections(10) == 10


def test_what_is_not_stopped_cannot_be_released(app):
    with pytest.raises(relay_stops.RelayNotStopped, match="is not stopped"), unit_of_work():
        relay_stops.release_stop(relay=RELAY.address)


def test_two_workers_that_stop_a_relay_leave_one_row(app):
    for words in ("550 5.7.1 first", "550 5.7.1 second"):
        relay_stops.record_stop(db.engine, relay="a:25", answer=words, now=utc_now())
    assert [row.answer for row in stops()] == ["550 5.7.1 first"]


def test_a_stop_while_the_database_is_away_is_kept_in_redis(queue, clock, monkeypatch):
    def away(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("insert", {}, Exception("away"))

    monkeypatch.setattr(relay_stops, "record_stop", away)
    one, two = pair(queue, clock)
    refuse(one, "a@example.org", "b@example.org", "c@example.org")
    assert (one.connections(10), two.connections(10)) == (0, 0)
    assert queue.client.ttl(relay_key(RELAY.address, "stop")) > 3600
    monkeypatch.undo()
    clock.pass_by(1)
    assert one.connections(10) == 0
    assert len(stops()) == 1


def test_a_database_that_cannot_be_asked_does_not_release_a_relay(queue, clock, monkeypatch):
    one = gate(RELAY, queue.client, clock)
    refuse(one, "a@example.org", "b@example.org", "c@example.org")

    def away(*_: object, **__: object) -> str:
        raise sa.exc.OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(relay_stops, "stop_answer", away)
    queue.client.flushall()
    clock.pass_by(1)
    assert one.connections(10) == 0
    assert queue.client.get(relay_key(RELAY.address, "stop")) is None
