"""Looks at the relays: they greet us, over TLS with a valid certificate, and sign us in."""

import ssl
from collections.abc import Callable, Sequence
from ipaddress import ip_address

from newsletter.mail.domain_findings import DomainFinding, Part, State
from newsletter.mail.outgoing import RelayUnavailable
from newsletter.mail.smtp_connection import connect
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import Relay, Tls

TIMEOUTS = Timeouts.at_most(3)

#: Opens a connection as mail would, and closes it; raises RelayUnavailable.
Greet = Callable[[Relay], None]


def greet(relay: Relay) -> None:
    """Greet one relay, sign in as mails would be, and leave; see `Greet`."""
    connect(relay, tls_context=ssl.create_default_context(), timeouts=TIMEOUTS).close()


def check_relays(relays: Sequence[Relay], *, greet: Greet) -> DomainFinding:
    """Judge whether every relay can be used as `SMTP_URL` says."""
    if not relays:
        found = "No relay is set: mail stays in the outbox folder."
        return DomainFinding(Part.RELAY, State.MISSING, found, "Set SMTP_URL.")
    for relay in relays:
        try:
            greet(relay)
        except RelayUnavailable as error:
            advice = "Check SMTP_URL, and that this machine may reach the relay."
            return DomainFinding(Part.RELAY, State.WRONG, str(error), advice)
        if relay.tls is Tls.NONE and not is_this_machine(relay.host):
            found = f"Mail travels to {relay.address} unencrypted."
            return DomainFinding(Part.RELAY, State.WRONG, found, "Say tls=starttls in SMTP_URL.")
    told = "; ".join(relay.describe() for relay in relays)
    return DomainFinding(Part.RELAY, State.OK, f"Takes our mail: {told}.")


def is_this_machine(host: str) -> bool:
    """Whether a relay's host is a loopback address or name."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
