"""The doctor finds keys that receivers cannot check, and mail that cannot be signed."""

from collections.abc import Iterator

import pytest
from flask import Flask

from newsletter.commands.doctor_dkim import dkim_findings
from newsletter.commands.findings import Finding, Level
from newsletter.config import settings
from newsletter.mail import dkim_dns
from newsletter.publications.dkim_keys import record_of
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make
from tests.mail.dns_server import NameServer, name_server
from tests.publications.dkim_keys import active_key


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(slug="paper", from_email="paper@example.net")


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    """A name server, and a relay, without which the doctor does not ask it."""
    settled(app, monkeypatch, smtp_url="smtp://127.0.0.1")
    with name_server(monkeypatch) as running:
        yield running


def settled(app: Flask, monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    changed = settings.model_copy(update=changes)
    monkeypatch.setitem(app.extensions, "settings", changed)


def only_finding() -> Finding:
    (finding,) = dkim_findings()
    return finding


def test_without_a_key_there_is_nothing_to_say(paper: Publication) -> None:
    assert list(dkim_findings()) == []


def test_a_key_that_dns_knows_is_well(paper: Publication, server: NameServer) -> None:
    record = record_of(active_key(paper))
    server.zone[record.name] = [record.strings]
    assert only_finding().level is Level.OK


def test_a_record_that_went_missing_is_found(paper: Publication, server: NameServer) -> None:
    key = active_key(paper)
    finding = only_finding()
    assert finding.level is Level.FAIL
    assert f"DNS has no DKIM key at {key.selector}._domainkey.example.net." in finding.found


def test_a_silent_dns_is_no_fault_of_the_key(
    paper: Publication, server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dkim_dns, "LIFETIME", 1.0)
    server.broken = True
    active_key(paper)
    assert only_finding().level is Level.WARN


def test_a_key_of_a_domain_the_sender_left_is_found(paper: Publication) -> None:
    active_key(paper)
    with unit_of_work() as session:
        session.get_one(Publication, paper.id).from_email = "paper@example.com"
    finding = only_finding()
    assert finding.level is Level.WARN
    assert "no longer sends from example.net" in finding.found


def test_a_key_that_cannot_be_read_is_found(
    paper: Publication, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    active_key(paper)
    settled(app, monkeypatch, secret_key="o" * 40)
    finding = only_finding()
    assert finding.level is Level.FAIL
    assert "paper cannot send" in finding.found


def test_dns_is_not_asked_while_mail_goes_to_the_outbox(paper: Publication) -> None:
    active_key(paper)
    assert only_finding().found.endswith("DNS was not asked.")
