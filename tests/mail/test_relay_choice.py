"""Relays under their gates, over real connections: slowed, silenced, stopped, taken over from."""

import threading
import time
from collections.abc import Iterator
from itertools import chain

import pytest

from newsletter.mail.mailer import (
    Accepted,
    Deferred,
    Outcome,
    OutgoingMail,
    RelayUnavailable,
    SmtpMailer,
)
from newsletter.mail.relay_choice import SHORTEST_SECONDS
from newsletter.mail.relay_health import GROW_SECONDS, PAUSE_SECONDS
from newsletter.mail.relay_memory import ASSUMED_WORKERS
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import parse_smtp_urls
from tests.mail.relays import TEN_MINUTES, Clock, OwnRedis, gate
from tests.mail.shared_gates import queue as queue
from tests.mail.smtp_servers import ScriptedServer, free_port, say_nothing

QUICK = Timeouts.at_most(5)
THROTTLED = "421 4.7.28 unusual rate of mail"


class Worker:
    """A worker process: one gate for each relay, kept from one run to the next."""

    def __init__(self, queue: OwnRedis, *urls: str, clock: Clock | None = None) -> None:
        self._queue = queue
        self._clock = clock or time.monotonic
        self.relays = parse_smtp_urls(",".join(urls))
        gates = {relay: gate(relay, queue.client, self._clock) for relay in self.relays}
        self._mailer = SmtpMailer(self.relays, timeouts=QUICK, gate_of=gates.__getitem__)
        self.outcomes: list[Outcome] = []
        self.open_when_pulled: list[int] = []

    def send(self, count: int, *, watched: ScriptedServer | None = None) -> list[Outcome]:
        """Send that many mails; how many connections were open is kept for each."""
        self.outcomes = []
        self.open_when_pulled = []
        self.outcomes.extend(chain.from_iterable(self._mailer.send(self._mails(count, watched))))
        return self.outcomes

    def send_in_vain(self, count: int) -> str:
        """Send until no relay takes mail; return why. `outcomes` are what came before."""
        self.outcomes = []
        groups = self._mailer.send(self._mails(count, None))
        with pytest.raises(RelayUnavailable) as raised:
            for group in groups:
                self.outcomes.extend(group)
        return str(raised.value)

    def _mails(self, count: int, watched: ScriptedServer | None) -> Iterator[OutgoingMail]:
        for number in range(count):
            self.open_when_pulled.append(watched.now_open if watched else 0)
            content = f"Subject: {number}\r\n\r\nText\r\n".encode()
            yield OutgoingMail(
                str(number), "bounces@example.org", f"reader{number}@example.org", content
            )

    def pass_by(self, seconds: float) -> None:
        """Let time go by for this worker and for what is noted of its relays."""
        assert isinstance(self._clock, Clock)
        self._clock.pass_by(seconds)
        for relay in self.relays:
            self._queue.let_pass(relay, seconds)


def taken(outcomes: list[Outcome]) -> int:
    return sum(isinstance(outcome, Accepted) for outcome in outcomes)


# -- the rate --------------------------------------------------------------------------------


def test_two_workers_keep_one_rate_between_them(queue):
    with ScriptedServer() as server:
        url = f"{server.url}&rate=100/s&connections=2"
        workers = [Worker(queue, url) for _ in range(2)]
        threads = [threading.Thread(target=worker.send, args=(40,)) for worker in workers]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lasted = time.monotonic() - started
    assert [taken(worker.outcomes) for worker in workers] == [40, 40]
    # A tenth of a second may be caught up with.
    assert lasted >= 79 / 100 - 0.1


def test_no_more_connections_are_opened_than_the_rate_needs(queue):
    with ScriptedServer() as server:
        Worker(queue, f"{server.url}&rate=10/s&connections=10").send(6)
        # Two, since the first moment may be caught up with; a third where a mail takes its time.
        assert len(server.transcripts) <= 3


def test_without_redis_a_worker_keeps_to_its_share_of_the_rate(queue):
    queue.stop()
    with ScriptedServer() as server:
        started = time.monotonic()
        Worker(queue, f"{server.url}&rate=80/s").send(6)
        assert time.monotonic() - started >= 5 * ASSUMED_WORKERS / 80


# -- fewer connections -----------------------------------------------------------------------


def test_421_halves_the_connections_and_they_come_back(queue):
    with ScriptedServer(MAIL=["250 ok"] * 40 + ["421 4.3.2 busy"]) as server:
        server.content_seconds = 0.02
        worker = Worker(queue, f"{server.url}&connections=8", clock=Clock())
        assert taken(worker.send(160, watched=server)) == 160
        assert max(worker.open_when_pulled[:40]) > 4
        assert max(worker.open_when_pulled[-40:]) <= 4

        assert taken(worker.send(80, watched=server)) == 80
        assert max(worker.open_when_pulled) <= 4

        worker.pass_by(GROW_SECONDS)
        assert taken(worker.send(120, watched=server)) == 120
        assert max(worker.open_when_pulled) > 4
    assert len(server.contents) == 160 + 80 + 120


# -- silence ---------------------------------------------------------------------------------


def test_throttling_means_silence_and_then_one_connection(queue):
    with ScriptedServer(CONTENT=["250 ok"] * 10 + [THROTTLED]) as server:
        server.content_seconds = 0.01
        worker = Worker(queue, f"{server.url}&connections=4", clock=Clock())
        assert "4.7.28 unusual rate of mail" in worker.send_in_vain(80)
        assert {type(outcome) for outcome in worker.outcomes} == {Accepted}
        before = len(server.transcripts)

        why = worker.send_in_vain(5)
        assert "asked us to slow down (421 4.7.28 unusual rate of mail); the next try is" in why
        assert worker.outcomes == []
        assert len(server.transcripts) == before

        worker.pass_by(TEN_MINUTES)
        assert taken(worker.send(30, watched=server)) == 30
        assert max(worker.open_when_pulled) == 1
        assert len(server.transcripts) == before + 1


def test_a_mail_that_was_throttled_is_deferred_and_the_others_wait(queue):
    with ScriptedServer(CONTENT=["250 ok", "451 4.7.28 too fast"]) as server:
        worker = Worker(queue, server.url, clock=Clock())
        assert "asked us to slow down" in worker.send_in_vain(9)
        deferred = [one for one in worker.outcomes if isinstance(one, Deferred)]
        assert [one.mail_id for one in deferred] == ["1"]
        # The envelope that was under way with it is ended; nothing else begins.
        assert len(worker.outcomes) <= 3


def test_another_relay_takes_over_until_the_silence_is_over(queue):
    with ScriptedServer(CONTENT=["250 ok"] * 3 + [THROTTLED]) as first, ScriptedServer() as second:
        worker = Worker(queue, first.url, second.url, clock=Clock())
        assert taken(worker.send(20)) == 20
        assert (len(first.contents) - 1, len(second.contents)) == (3, 17)

        assert taken(worker.send(5)) == 5
        assert (len(first.contents) - 1, len(second.contents)) == (3, 22)

        worker.pass_by(TEN_MINUTES)
        assert taken(worker.send(5)) == 5
        assert (len(first.contents) - 1, len(second.contents)) == (8, 22)


def test_with_every_relay_silenced_staff_read_about_each(queue):
    with ScriptedServer(MAIL=[THROTTLED]) as first, ScriptedServer(MAIL=[THROTTLED]) as second:
        worker = Worker(queue, first.url, second.url, clock=Clock())
        worker.send_in_vain(3)
        why = worker.send_in_vain(3)
        assert all(str(server.port) in why for server in (first, second))
    assert why.count("asked us to slow down") == 2


# -- not let in ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "script", "words"),
    [
        ("", {"AUTH": ["535 5.7.8 wrong"]}, "535 5.7.8 wrong"),
        ("&tls=starttls", {}, "STARTTLS extension not supported by server"),
    ],
    ids=["sign-in", "tls"],
)
def test_a_relay_that_does_not_let_us_in_is_left_alone_for_a_while(queue, option, script, words):
    ehlo = {"EHLO": ["250-scripted\r\n250 AUTH PLAIN"] * 9}
    with ScriptedServer(**ehlo, **script) as first, ScriptedServer() as second:
        url = first.url.replace("//", "//news:s3cret@") + option
        worker = Worker(queue, url, second.url, clock=Clock())
        assert taken(worker.send(3)) == 3
        assert taken(worker.send(3)) == 3
        assert len(first.transcripts) == 1
        assert len(second.contents) == 6

        alone = Worker(queue, url, clock=Clock())
        assert f"did not let us in ({words}); the next try is at" in alone.send_in_vain(1)
        worker.pass_by(PAUSE_SECONDS)
        worker.send(1)
        assert len(first.transcripts) == 2


# -- stops -----------------------------------------------------------------------------------


def test_a_storm_of_refusals_stops_the_relay_after_three_readers(queue):
    with ScriptedServer(RCPT=["550 5.7.1 not accepted"] * 50) as server:
        worker = Worker(queue, server.url, clock=Clock())
        assert "until staff release it" in worker.send_in_vain(50)
        assert {type(outcome) for outcome in worker.outcomes} == {Deferred}
        assert len(worker.outcomes) == 3
        worker.pass_by(3600)
        assert "until staff release it" in worker.send_in_vain(50)
        assert worker.outcomes == []


def test_a_stopped_relay_leaves_its_mails_to_the_next(queue):
    with ScriptedServer(RCPT=["550 5.7.1 not accepted"] * 50) as first, ScriptedServer() as second:
        worker = Worker(queue, first.url, second.url, clock=Clock())
        outcomes = worker.send(20)
        assert [type(outcome) for outcome in outcomes].count(Deferred) == 3
        assert taken(outcomes) == len(second.contents) == 17
        assert first.contents == []


def test_a_greeting_that_refuses_us_counts_towards_a_stop(queue):
    with ScriptedServer(CONNECT=["554 5.7.1 blocked"] * 9) as server:
        worker = Worker(queue, server.url, clock=Clock())
        for _ in range(3):
            assert "554 5.7.1 blocked" in worker.send_in_vain(1)
        assert "until staff release it" in worker.send_in_vain(1)
        assert len(server.transcripts) == 3


def test_a_relay_that_greets_nobody_is_tried_first_again_after_a_minute(queue):
    script = {"CONNECT": [say_nothing]}
    with ScriptedServer(**script) as first, ScriptedServer() as second:
        worker = Worker(queue, f"{first.url}&connections=1", second.url, clock=Clock())
        for mails in (4, 8):
            assert taken(worker.send(4)) == 4
            assert (len(first.transcripts), len(second.contents)) == (1, mails)
        worker.pass_by(SHORTEST_SECONDS + 1)
        assert taken(worker.send(4)) == 4
        assert len(first.contents) == 4


def test_the_next_takes_over_from_a_relay_that_is_gone(queue):
    with ScriptedServer() as second:
        worker = Worker(queue, f"smtp://127.0.0.1:{free_port()}", second.url, clock=Clock())
        assert taken(worker.send(4)) == 4
        assert len(second.transcripts) == 1
