"""Questions to DNS: the records of one kind at a name, as text."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Protocol

import dns.exception
import dns.resolver

from newsletter.mail.dkim_dns import DnsUnavailable

Address = IPv4Address | IPv6Address

#: Seconds for one question, all name servers together.
LIFETIME = 2.0


class Ask(Protocol):
    """Returns the records of a kind at a name, none if there are none; raises DnsUnavailable.

    TXT: the strings put together. MX: "10 mail.example.org". PTR, A, AAAA: names or addresses,
    without a dot at the end.
    """

    def __call__(self, name: str, kind: str) -> list[str]: ...


def ask_dns(name: str, kind: str) -> list[str]:
    """Ask the resolver of this machine; see `Ask`."""
    try:
        answer = dns.resolver.resolve(name, kind, lifetime=LIFETIME)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError):
        raise DnsUnavailable(f"DNS does not answer for {name}; try again later.") from None
    if kind == "TXT":
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
    return [record.to_text().rstrip(".") or "." for record in answer]


def addresses_of(host: str, *, ask: Ask) -> list[Address]:
    """Return the addresses of a host, which may be one itself; raises DnsUnavailable."""
    try:
        return [ip_address(host.strip("[]"))]
    except ValueError:
        return [ip_address(one) for kind in ("A", "AAAA") for one in ask(host, kind)]


def public_only(addresses: Iterable[Address]) -> list[Address]:
    """Return the addresses that the world can see."""
    return [one for one in addresses if one.is_global]
