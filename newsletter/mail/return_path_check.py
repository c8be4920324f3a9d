"""Looks at where bounces go: the domain of the envelope's sender takes mail."""

import socket
from collections.abc import Callable

from newsletter.mail.dns_questions import Ask, addresses_of
from newsletter.mail.domain_findings import DnsRecord, DomainFinding, Part, State

#: Seconds for a server to open a connection.
CONNECT_SECONDS = 3.0
SMTP_PORT = 25

#: Whether a host takes mail connections, as seen from here.
Reach = Callable[[str], bool]


def takes_connections(host: str) -> bool:
    """Try to connect to the port for mail; nothing is said on it."""
    try:
        socket.create_connection((host, SMTP_PORT), timeout=CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def check_return_path(
    domain: str, *, is_own: bool, suggested: str, ask: Ask, reach: Reach, mailbox: bool = False
) -> DomainFinding:
    """Judge whether bounces to `domain` arrive.

    Args:
        is_own: BOUNCE_DOMAIN; otherwise the sender's own domain takes bounces.
        suggested: a host that could take the mail; empty: nobody knows one.
        mailbox: whether they are then fetched from a mailbox (BOUNCE_IMAP_URL).
    """
    if mailbox and not is_own:
        found = f"A mailbox is read for bounces, yet they go to {domain}, the sender’s own domain."
        advice = "Set BOUNCE_DOMAIN to the domain whose mail comes into that mailbox."
        return DomainFinding(Part.RETURN_PATH, State.MISSING, found, advice)
    whose = f"Bounces go to {domain}" + ("" if is_own else ", for BOUNCE_DOMAIN is not set")
    record = (DnsRecord(domain, "MX", f"10 {suggested}"),) if suggested else ()
    hosts = _exchanges(domain, ask)
    if hosts == ["."]:
        found = f"{whose}, which says that it takes no mail (RFC 7505)."
        return DomainFinding(Part.RETURN_PATH, State.WRONG, found, "Name a host that does.", record)
    if not hosts and not addresses_of(domain, ask=ask):
        found = f"{whose}, which has neither MX nor address."
        return DomainFinding(
            Part.RETURN_PATH, State.MISSING, found, _advice(mailbox, suggested), record
        )
    hosts = hosts or [domain]
    if not any(addresses_of(host, ask=ask) for host in hosts):
        found = f"{whose}; {', '.join(hosts)} has no address."
        return DomainFinding(Part.RETURN_PATH, State.WRONG, found, "Name a host that has.", record)
    if not reach(hosts[0]):
        found = f"{whose}; {hosts[0]} does not answer on port {SMTP_PORT} from here."
        advice = "Many networks bar that port; try it from another machine."
        return DomainFinding(Part.RETURN_PATH, State.UNKNOWN, found, advice)
    return DomainFinding(Part.RETURN_PATH, State.OK, f"{whose}; {hosts[0]} answers.")


def _advice(mailbox: bool, suggested: str) -> str:
    if not suggested:
        return "Give it an MX record with the name of the mail server that is to take them."
    if mailbox:
        return "Set it; the provider of the mailbox may name another host."
    return "Set it; the mail server there hands the mail on (docs/operating.md, Bounces)."


def _exchanges(domain: str, ask: Ask) -> list[str]:
    """Return the hosts that take the domain's mail, the preferred first."""
    pairs = [one.split() for one in ask(domain, "MX")]
    return [host.rstrip(".") or "." for _, host in sorted(pairs, key=lambda pair: int(pair[0]))]
