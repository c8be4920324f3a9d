"""A publication's domain is looked at as its mail is sent: by its relay, bounce domain and keys."""

from dataclasses import replace

import pytest
from flask import Flask

from newsletter.config import settings
from newsletter.mail.dkim_dns import DnsUnavailable
from newsletter.mail.domain_findings import DomainFinding, Part, State
from newsletter.mail.one_click_check import PostAnswer
from newsletter.publications.dkim_keys import record_of
from newsletter.publications.domain_check import (
    World,
    check_domain,
    keep_check,
    last_check,
    setup_of,
)
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make
from tests.mail.scripted_dns import ScriptedDns
from tests.publications.dkim_keys import active_key

PUBLIC = "8.8.4.4"  # an address that is not set aside for examples, hence public


def world(dns: ScriptedDns) -> World:
    return World(
        ask=dns,
        greet=lambda _relay: None,
        post=lambda _url: PostAnswer(404, {"x-robots-tag": "noindex"}),
        reach=lambda _host: True,
    )


def well_kept(more: dict[tuple[str, str], list[str]]) -> ScriptedDns:
    return ScriptedDns(
        {
            ("relay.example.org", "A"): [PUBLIC],
            ("4.4.8.8.in-addr.arpa", "PTR"): ["relay.example.org"],
            ("bounces.example.net", "TXT"): [f"v=spf1 ip4:{PUBLIC} -all"],
            ("bounces.example.net", "MX"): ["10 relay.example.org"],
            ("_dmarc.example.net", "TXT"): ["v=DMARC1; p=reject"],
            **more,
        }
    )


@pytest.fixture
def paper(app: Flask, make: Make, monkeypatch: pytest.MonkeyPatch) -> Publication:
    changed = settings.model_copy(
        update={
            "smtp_url": "smtp://relay.example.org?tls=starttls",
            "bounce_domain": "bounces.example.net",
            "base_url": "https://news.example.net",
        }
    )
    monkeypatch.setitem(app.extensions, "settings", changed)
    return make.publication(from_email="paper@example.net")


def states(found: list[DomainFinding]) -> dict[Part, State]:
    return {one.part: one.state for one in found}


def test_a_well_kept_domain_is_in_order_in_every_part(paper: Publication) -> None:
    record = record_of(active_key(paper))
    dns = well_kept({(record.name, "TXT"): [record.value]})
    found = check_domain(setup_of(paper), world=world(dns))
    assert states(found) == dict.fromkeys(Part, State.OK)
    assert [one.part for one in found] == list(Part)


def test_a_key_that_dns_does_not_know_comes_with_its_record(paper: Publication) -> None:
    record = record_of(active_key(paper))
    found = check_domain(setup_of(paper), world=world(well_kept({})))
    (dkim,) = (one for one in found if one.part is Part.DKIM)
    assert dkim.state is State.MISSING
    assert dkim.records[0].value == record.value
    other = well_kept({(record.name, "TXT"): ["v=DKIM1; k=rsa; p=AAAA"]})
    assert states(check_domain(setup_of(paper), world=world(other)))[Part.DKIM] is State.WRONG


def test_without_a_key_the_relay_has_to_sign_which_nobody_sees_from_here(
    paper: Publication,
) -> None:
    found = check_domain(setup_of(paper), world=world(well_kept({})))
    (dkim,) = (one for one in found if one.part is Part.DKIM)
    assert dkim.state is State.UNKNOWN
    assert "DMARC rests on it" not in dkim.advice


def test_where_bounces_go_matters_to_dmarc_only_where_there_is_a_policy(
    paper: Publication, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(app, monkeypatch, bounce_domain="bounces.example.org")
    policy = {("_dmarc.example.net", "TXT"): ["v=DMARC1; p=none"]}
    assert "DMARC rests on it" in advice_on(Part.DKIM, paper, policy)
    assert "DMARC rests on it" not in advice_on(Part.DKIM, paper, {})


def test_what_to_set_is_told_also_where_dns_does_not_answer(paper: Publication) -> None:
    record = record_of(active_key(paper))

    def silent(name: str, _kind: str) -> list[str]:
        raise DnsUnavailable(f"DNS does not answer for {name}; try again later.")

    found = {
        one.part: one
        for one in check_domain(setup_of(paper), world=replace(world(ScriptedDns()), ask=silent))
    }
    by_dns = [found[part] for part in (Part.SPF, Part.DKIM, Part.DMARC, Part.RETURN_PATH)]
    assert {one.state for one in by_dns} == {State.UNKNOWN}
    assert [one.records[0].value for one in by_dns] == [
        "v=spf1 a:relay.example.org ~all",
        record.value,
        "v=DMARC1; p=none",
        "10 news.example.net",
    ]
    assert all("not answer" in one.found and "not set yet" in one.advice for one in by_dns)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.7", "[::1]"])
def test_no_record_names_a_host_that_the_world_cannot_see(
    paper: Publication, app: Flask, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    use(app, monkeypatch, smtp_url=f"smtp://{host}:2525?tls=none", base_url=f"http://{host}")
    found = check_domain(setup_of(paper), world=world(ScriptedDns()))
    bare = {one.part: one for one in found if one.part in (Part.SPF, Part.RETURN_PATH)}
    assert {one.state for one in bare.values()} == {State.MISSING}
    assert [one.records for one in bare.values()] == [(), ()]
    assert "once a relay of the world is set" in bare[Part.SPF].advice
    assert "the name of the mail server" in bare[Part.RETURN_PATH].advice


def test_a_relay_that_is_set_by_its_address_is_allowed_by_it(
    paper: Publication, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(app, monkeypatch, smtp_url=f"smtp://{PUBLIC}?tls=starttls")
    (spf, *_) = check_domain(setup_of(paper), world=world(ScriptedDns()))
    assert spf.records[0].value == f"v=spf1 ip4:{PUBLIC} ~all"


def use(app: Flask, patch: pytest.MonkeyPatch, **values: str) -> None:
    patch.setitem(app.extensions, "settings", settings.model_copy(update=values))


def advice_on(part: Part, paper: Publication, records: dict[tuple[str, str], list[str]]) -> str:
    found = check_domain(setup_of(paper), world=world(ScriptedDns(records)))
    return next(one.advice for one in found if one.part is part)


def test_a_silent_dns_leaves_every_part_of_it_unknown(paper: Publication) -> None:
    names = {name for name, _ in well_kept({}).records} | {"_dmarc.example.net"}
    dns = ScriptedDns(silent=frozenset(names))
    found = states(check_domain(setup_of(paper), world=world(dns)))
    dns_parts = (Part.SPF, Part.DMARC, Part.REVERSE, Part.RETURN_PATH)
    assert {found[part] for part in dns_parts} == {State.UNKNOWN}


def test_what_was_found_is_kept_in_place_of_what_was_before(paper: Publication) -> None:
    assert last_check(paper) is None
    for found in (State.MISSING, State.OK):
        with unit_of_work():
            findings = [DomainFinding(Part.SPF, found, "Found.")]
            keep_check(publication=paper, findings=findings, now=NOW)
    assert last_check(paper) == (NOW, findings)
