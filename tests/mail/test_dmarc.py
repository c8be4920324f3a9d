"""DMARC policies are found by walking up the tree, as RFC 9989 has it."""

import pytest

from newsletter.mail.dmarc import BrokenDmarc, discover, organisation_of
from tests.mail.scripted_dns import ScriptedDns

REJECT, NONE = "v=DMARC1; p=reject", "v=DMARC1; p=none"


def dns_with(**records: str) -> ScriptedDns:
    """Write records down by where they stand, underscores for dots."""
    return ScriptedDns(
        {(f"_dmarc.{name.replace('_', '.')}", "TXT"): [text] for name, text in records.items()}
    )


def test_a_domains_own_record_holds() -> None:
    found = discover("news.example.org", ask=dns_with(news_example_org=NONE, example_org=REJECT))
    assert found
    assert found.policy_of("news.example.org") == "none"
    assert found.organisation == "example.org"


def test_a_subdomain_goes_by_what_its_organisation_says_of_subdomains() -> None:
    record = "v=DMARC1; p=reject; sp=quarantine"
    found = discover("news.example.org", ask=dns_with(example_org=record))
    assert found
    assert found.policy_of("news.example.org") == "quarantine"
    found = discover("example.org", ask=dns_with(example_org=record))
    assert found
    assert found.policy_of("example.org") == "reject"


def test_the_walk_ends_below_a_registry() -> None:
    dns = dns_with(co_example="v=DMARC1; p=none; psd=y", paper_co_example=REJECT)
    assert organisation_of("news.paper.co.example", ask=dns) == "paper.co.example"
    without = dns_with(co_example="v=DMARC1; p=none; psd=y")
    assert organisation_of("news.paper.co.example", ask=without) == "paper.co.example"


def test_a_domain_that_says_it_is_an_organisation_is_one() -> None:
    dns = dns_with(news_example_org="v=DMARC1; p=none; psd=n", example_org=REJECT)
    assert organisation_of("a.news.example.org", ask=dns) == "news.example.org"


def test_a_long_name_is_asked_eight_times_at_most() -> None:
    dns = ScriptedDns()
    assert discover("a.b.c.d.e.f.g.h.i.mail.example.com", ask=dns) is None
    assert len(dns.asked) == 8
    assert dns.asked[0] == ("_dmarc.a.b.c.d.e.f.g.h.i.mail.example.com", "TXT")
    assert dns.asked[1] == ("_dmarc.f.g.h.i.mail.example.com", "TXT")
    assert dns.asked[-1] == ("_dmarc.com", "TXT")


@pytest.mark.parametrize("text", ["v=DMARC1", "v=DMARC1; p=maybe", "v=DMARC1; sp=none"])
def test_a_record_without_a_policy_is_broken(text: str) -> None:
    found = discover("example.org", ask=dns_with(example_org=text))
    assert found
    with pytest.raises(BrokenDmarc):
        found.policy_of("example.org")


def test_reports_alone_mean_none() -> None:
    record = "v=DMARC1; rua=mailto:dmarc@example.org"
    found = discover("example.org", ask=dns_with(example_org=record))
    assert found
    assert found.policy_of("example.org") == "none"


@pytest.mark.parametrize("text", ["v=dmarc2; p=none", "p=none; v=DMARC1", "v=DMARC10; p=none"])
def test_other_texts_are_no_record(text: str) -> None:
    assert discover("example.org", ask=dns_with(example_org=text)) is None


def test_two_records_are_broken() -> None:
    dns = ScriptedDns({("_dmarc.example.org", "TXT"): [NONE, REJECT]})
    with pytest.raises(BrokenDmarc, match="2 records"):
        discover("example.org", ask=dns)
