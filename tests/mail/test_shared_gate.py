"""The shared gate: what one worker hears counts for all, and outlives restarts."""

from datetime import timedelta

import pytest

from newsletter.clock import utc_now
from newsletter.mail.relay_gate import OpenGate, RelayGate
from newsletter.mail.relay_health import (
    GROW_SECONDS,
    PAUSE_SECONDS,
)
from newsletter.mail.relay_scripts import relay_key
from newsletter.mail.shared_gate import open_gate, open_letter_gate
from tests.mail.relays import (
    BUSY,
    OK,
    POLICY,
    SIGN_IN,
    TEN_MINUTES,
    THROTTLED,
    gate,
    relay,
)
from tests.mail.shared_gates import RELAY, pair, refuse, stops, waits
from tests.mail.shared_gates import clock as clock
from tests.mail.shared_gates import queue as queue


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


def test_a_process_keeps_one_gate_for_each_relay(app):
    assert open_gate(RELAY) is open_gate(relay())
    assert open_gate(RELAY) is not open_gate(relay(port=25))
    assert open_gate(RELAY) is not open_letter_gate(RELAY)


def test_an_open_gate_lets_everything_through():
    free: RelayGate = OpenGate()
    free.heard(THROTTLED)
    assert (free.connections(7), free.reserve(), free.why()) == (7, 0.0, "")
