"""Whether a domain takes mail at all, as DNS tells; no mail server is ever asked."""

import threading
import time
from dataclasses import dataclass

import dns.exception
import dns.resolver
import structlog

log = structlog.get_logger()

#: Seconds that one answer may take; whoever asks is a reader before a form.
LIFETIME = 1.0
#: How long answers are kept, in seconds, and how many.
KEPT_SECONDS, MOST_KEPT = 600.0, 10_000
#: After a failure nobody is asked for so long, so that no reader waits for a dead name server.
QUIET_SECONDS = 30.0
#: Slow domains must not keep every thread of the web server waiting.
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class _Kept:
    takes_mail: bool
    until: float


class Exchangers:
    """Asks for MX records (RFC 5321 §5.1, null MX: RFC 7505) and remembers answers, per process."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._quiet_until = 0.0
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def takes_mail(self, domain: str) -> bool | None:
        """Say whether a domain takes mail; None: nobody can tell just now."""
        now = time.monotonic()
        kept = self._kept.get(domain)
        if kept is not None and now < kept.until:
            return kept.takes_mail
        if now < self._quiet_until or not self._places.acquire(blocking=False):
            return None
        try:
            found = _ask(domain)
        except (dns.exception.DNSException, OSError) as error:
            log.info("mail_domain_not_asked", error=type(error).__name__)
            if not isinstance(error, dns.resolver.NoNameservers):  # that may be the domain's fault
                self._quiet_until = time.monotonic() + QUIET_SECONDS
            return None
        finally:
            self._places.release()
        self._keep(domain, found)
        return found

    def _keep(self, domain: str, found: bool) -> None:
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[domain] = _Kept(found, time.monotonic() + KEPT_SECONDS)


def _ask(domain: str) -> bool:
    """Return whether there is a server for mail; raises what dnspython raises."""
    resolver = dns.resolver.get_default_resolver()
    try:
        answer = resolver.resolve(domain, "MX", lifetime=LIFETIME)
    except dns.resolver.NXDOMAIN:
        return False
    except dns.resolver.NoAnswer:
        return _has_address(domain)
    # One record of an empty name is the null MX: this domain takes no mail.
    return any(record.exchange.to_text() != "." for record in answer)


def _has_address(domain: str) -> bool:
    """Without any MX record the domain itself is the server, if it has an address."""
    for kind in ("A", "AAAA"):
        try:
            dns.resolver.get_default_resolver().resolve(domain, kind, lifetime=LIFETIME)
        except dns.resolver.NoAnswer:
            continue
        except dns.resolver.NXDOMAIN:
            return False
        return True
    return False
