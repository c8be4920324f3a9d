"""The shared gate: what one worker hears counts for all, and outlives restarts."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.mail import relay_stops
from newsletter.mail.models import RelayStop
from newsletter.mail.relay_gate import OpenGate, RelayGate
from newsletter.mail.relay_health import (
    GROW_SECONDS,
    LONGEST_SILENCE_SECONDS,
    PAUSE_SECONDS,
    reopen,
)
from newsletter.mail.relay_memory import ASSUMED_WORKERS
from newsletter.mail.relay_scripts import QUIET_SECONDS, relay_key
from newsletter.mail.shared_gate import STOP_LOOK_SECONDS, open_gate, open_letter_gate
from newsletter.mail.smtp_replies import Reply
from newsletter.unit_of_work import unit_of_work
from tests.mail.relays import (
    BUSY,
    OK,
    POLICY,
    REFUSED,
    SIGN_IN,
    TEN_MINUTES,
    THROTTLED,
    Clock,
    OwnRedis,
    gate,
    relay,
)

RELAY = relay()


@pytest.fixture
def queue(app: Flask, tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis of this test's own."""
    own = OwnRedis(tmp_path)
    yield own
    own.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pair(queue: OwnRedis, clock: Clock) -> tuple[RelayGate, RelayGate]:
    """Return the gates of two workers."""
    return gate(RELAY, queue.client, clock), gate(RELAY, queue.client, clock)


def refuse(at: RelayGate, *recipients: str, reply: Reply = REFUSED) -> None:
    for recipient in recipients:
        at.heard(reply, recipient=recipient)


def waits(at: RelayGate, count: int) -> list[float]:
    """Return how long so many mails would wait, were they to go at once."""
    found = []
    for _ in range(count):
        found.append(at.reserve())
        at.spend()
    return found


def stops() -> list[RelayStop]:
    db.session.rollback()
    return list(relay_stops.all_stops())


# -- how many connections --------------------------------------------------------------------


def test_a_relay_that_is_well_gives_each_worker_what_it_wants(queue, clock):
    one, two = pair(queue, clock)
    assert (one.connections(4), two.connections(50)) == (4, 50)
    assert one.why() == two.why() == ""
    assert one.reserve() == 0.0


@pytest.mark.parametrize("reply", [BUSY, POLICY], ids=["421", "4.7.1"])
def test_trouble_halves_the_connections_of_all_workers(queue, clock, reply):
    one, two = pair(queue, clock)
    one.connections(10), two.connections(10)
    one.heard(reply)
    clock.pass_by(1)
    one.connections(10), two.connections(10)
    clock.pass_by(1)
    held = one.connections(10), two.connections(10)
    assert sum(held) == 10
    assert min(held) > 0


def test_what_many_connections_hear_at_once_is_one_sign_of_trouble(queue, clock):
    one = gate(RELAY, queue.client, clock)
    one.connections(10)
    for _ in range(8):
        one.heard(BUSY)
        clock.pass_by(1)
    assert one.connections(10) == 5


def test_trouble_that_lasts_leaves_one_connection_and_never_none(queue, clock):
    one = gate(RELAY, queue.client, clock)
    one.connections(10)
    for _ in range(6):
        one.heard(BUSY)
        clock.pass_by(20)
        queue.let_pass(RELAY, 20)
        one.connections(10)
    assert one.connections(10) == 1
    assert one.why() == ""


def test_connections_grow_again_only_after_a_while_and_a_success(queue, clock):
    one = gate(RELAY, queue.client, clock)
    one.connections(10)
    one.heard(BUSY)
    assert one.connections(10) == 5
    clock.pass_by(GROW_SECONDS)
    queue.let_pass(RELAY, GROW_SECONDS)
    assert one.connections(10) == 5  # nothing was accepted yet
    one.heard(OK)
    assert one.connections(10) == 10
    one.heard(POLICY)
    assert one.connections(10) == 5
    one.heard(OK)
    assert one.connections(10) == 5  # too early


def test_a_worker_that_goes_hands_its_connections_back(queue, clock):
    one, two = pair(queue, clock)
    one.connections(10)
    one.heard(BUSY)
    one.connections(10)
    assert two.connections(10) == 0
    assert two.why() == (
        "The relay mail.example.org:587 takes few connections just now "
        "(421 4.3.2 Service shutting down), and other workers hold them."
    )
    one.connections(0)
    clock.pass_by(1)
    assert two.connections(10) == 5


def test_a_dead_workers_connections_are_free_once_its_claim_has_ended(queue, clock):
    one, two = pair(queue, clock)
    one.connections(10)
    one.heard(THROTTLED)
    clock.pass_by(TEN_MINUTES)
    queue.let_pass(RELAY, TEN_MINUTES)
    assert one.connections(10) == 1
    clock.pass_by(1)
    assert two.connections(10) == 0
    for worker in queue.client.zrange(relay_key(RELAY.address, "workers"), 0, -1):
        queue.client.zadd(relay_key(RELAY.address, "workers"), {worker: 1})
    clock.pass_by(1)
    assert two.connections(10) == 1


# -- silence ---------------------------------------------------------------------------------


def test_throttling_silences_the_relay_for_all_workers_for_ten_minutes(queue, clock):
    one, two = pair(queue, clock)
    one.connections(10), two.connections(10)
    one.heard(THROTTLED)
    assert one.connections(10) == 0
    clock.pass_by(1)
    assert two.connections(10) == 0
    assert two._memory.silence == pytest.approx(TEN_MINUTES, abs=3)
    until = utc_now() + timedelta(seconds=two._memory.silence)
    assert two.why() in {
        "The relay mail.example.org:587 asked us to slow down (421 4.7.28 Our system has detected "
        f"an unusual rate of mail); the next try is at {moment:%H:%M} UTC."
        for moment in (until, until - timedelta(seconds=5))
    }


def test_after_the_silence_one_connection_then_two_then_more(queue, clock):
    one, two = pair(queue, clock)
    one.connections(10), two.connections(10)
    one.heard(THROTTLED)
    clock.pass_by(TEN_MINUTES - 5)
    queue.let_pass(RELAY, TEN_MINUTES - 5)
    assert (one.connections(10), two.connections(10)) == (0, 0)
    clock.pass_by(6)
    queue.let_pass(RELAY, 6)
    assert (one.connections(10), two.connections(10)) == (1, 0)
    assert two.why() != ""
    one.heard(OK)
    for expected in (2, 4, 8, 10):
        clock.pass_by(GROW_SECONDS + 1)
        queue.let_pass(RELAY, GROW_SECONDS + 1)
        assert one.connections(10) == expected


def test_answers_that_were_under_way_do_not_double_the_silence(queue, clock):
    one, two = pair(queue, clock)
    one.connections(10), two.connections(10)
    for at in (one, two, one, two):
        at.heard(THROTTLED)
    one.heard(OK)
    assert one.connections(10) == 0
    assert one._memory.silence == pytest.approx(TEN_MINUTES, abs=3)


def test_throttled_again_right_after_the_silence_it_lasts_longer_and_at_most_an_hour(queue, clock):
    one = gate(RELAY, queue.client, clock)
    lasted = []
    for _ in range(5):
        one.connections(10)
        one.heard(THROTTLED)
        one.connections(10)
        lasted.append(round(one._memory.silence / 60))
        clock.pass_by(3700)
        queue.let_pass(RELAY, 3700)
    assert lasted == [10, 20, 40, 60, 60]


def test_a_refused_sign_in_pauses_and_is_tried_again_by_itself(queue, clock):
    one = gate(RELAY, queue.client, clock)
    one.connections(10)
    one.heard(SIGN_IN)
    assert one.connections(10) == 0
    assert "did not let us in (535 5.7.8 Authentication credentials invalid)" in one.why()
    assert "s3cret" not in one.why()
    assert stops() == []
    clock.pass_by(PAUSE_SECONDS)
    queue.let_pass(RELAY, PAUSE_SECONDS)
    assert one.connections(10) == 1


# -- stops -----------------------------------------------------------------------------------


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


# -- without Redis ---------------------------------------------------------------------------


def test_without_redis_silence_and_stops_are_kept_by_each_worker(queue, clock):
    queue.stop()
    one = gate(RELAY, queue.client, clock)
    assert one.connections(10) == 10
    one.heard(BUSY)
    assert one.connections(10) == 1
    one.heard(THROTTLED)
    assert one.connections(10) == 0
    clock.pass_by(TEN_MINUTES - 1)
    assert one.connections(10) == 0
    clock.pass_by(2)
    assert one.connections(10) == 1
    refuse(one, "a@example.org", "b@example.org", "c@example.org")
    assert one.connections(10) == 0
    assert len(stops()) == 1


def test_without_redis_a_trouble_is_forgotten_after_the_longest_silence(queue, clock):
    queue.stop()
    one = gate(RELAY, queue.client, clock)
    one.connections(10)
    one.heard(THROTTLED)
    clock.pass_by(LONGEST_SILENCE_SECONDS)
    assert one.connections(10) == 1
    clock.pass_by(1)
    assert one.connections(10) == 10


def test_redis_that_comes_back_hears_of_a_silence(queue, clock):
    one, two = pair(queue, clock)
    one.connections(10), two.connections(10)
    queue.stop()
    one.heard(THROTTLED)
    assert one.connections(10) == 0
    queue.start()
    clock.pass_by(QUIET_SECONDS)
    assert (one.connections(10), two.connections(10)) == (0, 0)


def test_an_emptied_redis_hears_of_a_silence_from_whoever_remembers_it(queue, clock):
    one, two = pair(queue, clock)
    one.connections(10), two.connections(10)
    one.heard(THROTTLED)
    one.connections(10)
    queue.client.flushall()
    clock.pass_by(1)
    assert (one.connections(10), two.connections(10)) == (0, 0)
    assert two._memory.silence > TEN_MINUTES - 5
    assert "4.7.28" in two.why()


def test_without_redis_the_rate_is_shared_among_the_workers_seen_last(queue, clock):
    limited = relay(rate_per_second=10.0)
    four = [gate(limited, queue.client, clock) for _ in range(4)]
    for at in (*four, four[0]):
        at.connections(1)
        clock.pass_by(1)
    queue.stop()
    _, first, *_, last = waits(four[0], 6)
    assert last - first == pytest.approx(4 * 4 / 10, abs=0.01)


def test_without_redis_from_the_start_the_rate_is_kept_too_low_rather_than_too_high(queue, clock):
    queue.stop()
    one = gate(relay(rate_per_second=10.0), queue.client, clock)
    first, *_, last = waits(one, 5)
    assert last - first == pytest.approx(4 * ASSUMED_WORKERS / 10, abs=0.01)


def test_a_full_redis_leaves_limits_to_each_worker(queue, clock):
    one = gate(relay(rate_per_second=10.0), queue.client, clock)
    queue.client.config_set("maxmemory", "1")
    assert one.connections(10) == 10
    assert waits(one, 3)[-1] > 1


# -- moments and letters ---------------------------------------------------------------------


def test_a_moment_stays_reserved_until_a_mail_goes(queue, clock):
    one = gate(relay(rate_per_second=0.1), queue.client, clock)
    assert waits(one, 1) == [0.0]
    assert one.reserve() == pytest.approx(10, abs=0.2)
    clock.pass_by(4)
    assert one.reserve() == pytest.approx(6, abs=0.2)
    clock.pass_by(60)
    assert waits(one, 1) == [0.0]


def test_a_letter_waits_for_no_digest_and_the_digest_waits_for_the_letter(queue, clock):
    limited = relay(rate_per_second=0.1)
    digest = gate(limited, queue.client, clock)
    letters = gate(limited, queue.client, clock, urgent=True)
    waits(digest, 1)
    assert waits(letters, 3) == [0.0, 0.0, 0.0]
    assert digest.reserve() == pytest.approx(40, abs=0.2)


def test_a_letter_gets_its_connection_while_a_digest_holds_all(queue, clock):
    digest = gate(RELAY, queue.client, clock)
    letters = gate(RELAY, queue.client, clock, urgent=True)
    digest.connections(10)
    digest.heard(BUSY)
    assert digest.connections(10) == 5
    assert letters.connections(10) == 1


def test_letters_keep_silence_and_stops(queue, clock):
    digest = gate(RELAY, queue.client, clock)
    letters = gate(RELAY, queue.client, clock, urgent=True)
    digest.connections(10)
    digest.heard(THROTTLED)
    assert letters.connections(1) == 0
    assert "asked us to slow down" in letters.why()
    clock.pass_by(TEN_MINUTES)
    queue.let_pass(RELAY, TEN_MINUTES)
    assert letters.connections(1) == 1
    refuse(digest, "a@example.org", "b@example.org", "c@example.org")
    clock.pass_by(1)
    assert letters.connections(1) == 0
    assert "until staff release it" in letters.why()


# -- opening ---------------------------------------------------------------------------------


def test_a_process_keeps_one_gate_for_each_relay(app):
    assert open_gate(RELAY) is open_gate(relay())
    assert open_gate(RELAY) is not open_gate(relay(port=25))
    assert open_gate(RELAY) is not open_letter_gate(RELAY)


def test_an_open_gate_lets_everything_through():
    free: RelayGate = OpenGate()
    free.heard(THROTTLED)
    assert (free.connections(7), free.reserve(), free.why()) == (7, 0.0, "")
