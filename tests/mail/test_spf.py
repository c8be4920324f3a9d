"""SPF records are read as RFC 7208 has it: what they allow, and when receivers heed none."""

from ipaddress import ip_address

import pytest

from newsletter.mail.spf import BrokenSpf, Spf, read_spf
from tests.mail.scripted_dns import Records, ScriptedDns

DNS: Records = {
    ("example.org", "MX"): ["10 mx.example.org"],
    ("mx.example.org", "A"): ["203.0.113.9"],
    ("www.example.org", "A"): ["198.51.100.7"],
    ("www.example.org", "AAAA"): ["2001:db8::7"],
    ("_spf.example.net", "TXT"): ["v=spf1 ip4:192.0.2.0/24 -all"],
}


def spf_of(record: str) -> Spf:
    dns = ScriptedDns({**DNS, ("example.org", "TXT"): ["something else", record]})
    spf = read_spf("example.org", ask=dns)
    assert spf is not None
    return spf


@pytest.mark.parametrize(
    ("record", "address", "allowed"),
    [
        ("v=spf1 ip4:192.0.2.1 -all", "192.0.2.1", True),
        ("v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.200", True),
        ("v=spf1 ip4:192.0.2.0/24 -all", "192.0.3.1", False),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8:1::1", True),
        ("v=spf1 mx -all", "203.0.113.9", True),
        ("v=spf1 a:www.example.org ~all", "2001:db8::7", True),
        ("v=spf1 a:www.example.org/24//64 ~all", "198.51.100.99", True),
        ("v=spf1 a:www.example.org/24//64 ~all", "2001:db8::99", True),
        ("v=spf1 a:www.example.org ~all", "198.51.100.99", False),
        ("v=spf1 include:_spf.example.net ~all", "192.0.2.5", True),
        ("v=spf1 redirect=_spf.example.net", "192.0.2.5", True),
        ("V=SPF1 IP4:192.0.2.1 -ALL", "192.0.2.1", True),
        ("v=spf1 -ip4:192.0.2.1 -all", "192.0.2.1", False),
        ("v=spf1 -all ip4:192.0.2.1", "192.0.2.1", False),
    ],
)
def test_a_record_allows_what_its_terms_name(record: str, address: str, allowed: bool) -> None:
    spf = spf_of(record)
    assert spf.allows(ip_address(address)) is allowed


def test_the_end_of_the_domains_own_record_counts_not_that_of_an_included_one() -> None:
    assert spf_of("v=spf1 include:_spf.example.net ~all").ending == "~all"
    assert spf_of("v=spf1 redirect=_spf.example.net").ending == "-all"


def test_rules_that_cannot_be_listed_are_told() -> None:
    assert spf_of("v=spf1 exists:%{i}.example.net -all").has_rules


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ("v=spf1 ipv4:192.0.2.1 -all", "does not exist"),
        ("v=spf1 ip4:300.1.1.1 -all", "network that is none"),
        ("v=spf1 include:nothing.example -all", "has none"),
        ("v=spf1 redirect=nothing.example", "has none"),
        ("v=spf1 " + "a:www.example.org " * 11 + "-all", "more than 10 times"),
        ("v=spf1 include:example.org -all", "more than 10 times"),
    ],
)
def test_what_receivers_cannot_use_is_told(record: str, why: str) -> None:
    with pytest.raises(BrokenSpf, match=why):
        spf_of(record)


def test_two_records_are_as_good_as_none() -> None:
    dns = ScriptedDns({("example.org", "TXT"): ["v=spf1 -all", "v=spf1 a -all"]})
    with pytest.raises(BrokenSpf, match="2 SPF records"):
        read_spf("example.org", ask=dns)


def test_a_domain_without_a_record_has_none() -> None:
    dns = ScriptedDns({("example.org", "TXT"): ["v=spf10 -all", "verification=1"]})
    assert read_spf("example.org", ask=dns) is None
