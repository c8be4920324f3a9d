"""Asks DNS for the records of a name."""

import dns.exception
import dns.resolver

from newsletter.errors import TemporaryError

#: Seconds for the whole question, all name servers together.
LIFETIME = 10.0


class DnsUnavailable(TemporaryError):
    """No name server gave an answer, so nothing is known."""


def text_records(name: str) -> list[str]:
    """Return the TXT records of a name, the strings of each put together; none if there are none.

    Raises:
        DnsUnavailable.
    """
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=LIFETIME)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError):
        raise DnsUnavailable(f"DNS does not answer for {name}; try again later.") from None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
