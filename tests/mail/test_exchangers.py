"""Whether a domain takes mail, by DNS alone; and nobody waits for a name server that is away."""

import threading

import pytest

from newsletter.mail import exchangers
from newsletter.mail.exchangers import Exchangers
from tests.mail.dns_server import NameServer
from tests.mail.dns_server import server as server


@pytest.mark.parametrize(
    ("records", "takes_mail"),
    [
        ({"MX": ["10 mx.example.org."]}, True),
        ({"MX": ["10 mx1.example.org.", "20 mx2.example.org."]}, True),
        ({"MX": ["0 ."]}, False),
        ({"A": ["192.0.2.1"]}, True),
        ({"AAAA": ["2001:db8::1"]}, True),
        ({"TXT": ['"v=spf1 -all"']}, False),
        ({}, False),
    ],
    ids=["MX", "several", "null MX", "A alone", "AAAA alone", "neither", "no such name"],
)
def test_a_domain_takes_mail_or_does_not(
    server: NameServer, records: dict[str, list[str]], takes_mail: bool
) -> None:
    server.records = {("example.org", kind): texts for kind, texts in records.items()}
    assert Exchangers().takes_mail("example.org") is takes_mail


def test_an_answer_is_kept(server: NameServer) -> None:
    server.records = {("example.org", "MX"): ["10 mx.example.org."]}
    known = Exchangers()
    assert [known.takes_mail("example.org") for _ in range(3)] == [True] * 3
    assert server.asked == 1


def test_a_dead_name_server_is_asked_once_and_then_left_alone(
    server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchangers, "LIFETIME", 0.1)
    server.silent = True
    known = Exchangers()
    assert [known.takes_mail(f"{number}.example.org") for number in range(20)] == [None] * 20
    assert server.asked <= 2


def test_a_domain_whose_own_servers_fail_says_nothing_about_others(server: NameServer) -> None:
    known = Exchangers()
    server.broken = True
    assert known.takes_mail("broken.example.org") is None
    server.broken = False
    server.records = {("example.org", "MX"): ["10 mx.example.org."]}
    assert known.takes_mail("example.org") is True


def test_slow_domains_keep_two_readers_waiting_and_no_third(
    server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, inside = threading.Event(), threading.Semaphore(0)

    def slow(_domain: str) -> bool:
        inside.release()
        gate.wait(5)
        return True

    monkeypatch.setattr(exchangers, "_ask", slow)
    known = Exchangers()
    others = [threading.Thread(target=known.takes_mail, args=(f"{n}.example",)) for n in range(2)]
    for one in others:
        one.start()
        inside.acquire(timeout=5)
    assert known.takes_mail("third.example") is None
    gate.set()
    for one in others:
        one.join()
    assert known.takes_mail("third.example") is True
