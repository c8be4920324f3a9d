"""Asking DNS: what is there, what is not, and when nobody knows."""

import pytest

from newsletter.mail import dkim_dns
from newsletter.mail.dkim_dns import DnsUnavailable, text_records
from newsletter.mail.dkim_record import Algorithm
from tests.mail.dkim_judges import record_of, signing_key
from tests.mail.dns_server import NameServer
from tests.mail.dns_server import server as server

NAME = "s1._domainkey.example.org"


def test_the_strings_of_a_record_are_put_together(server: NameServer) -> None:
    record = record_of(signing_key(Algorithm.RSA))
    server.zone[record.name] = [record.strings]
    assert text_records(record.name) == [record.value]
    assert record.problem_with(text_records(record.name)) == ""


def test_every_record_of_a_name_is_returned(server: NameServer) -> None:
    server.zone[NAME] = [["one"], ["two"]]
    assert sorted(text_records(NAME)) == ["one", "two"]


def test_a_name_that_is_not_there_has_no_records(server: NameServer) -> None:
    assert text_records(NAME) == []


def test_a_name_with_other_records_has_no_text(server: NameServer) -> None:
    server.zone[NAME] = []
    assert text_records(NAME) == []


def test_an_answer_that_failed_says_nothing_about_the_name(
    server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dkim_dns, "LIFETIME", 1.0)
    server.broken = True
    with pytest.raises(DnsUnavailable, match=f"DNS does not answer for {NAME}"):
        text_records(NAME)
