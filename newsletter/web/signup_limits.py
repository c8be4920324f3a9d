"""How many signups come from where: counted for the gate, and limited for each network."""

import time
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from flask import request

from newsletter.config import settings
from newsletter.errors import TemporaryError
from newsletter.extensions import limiter, network_of_request
from newsletter.languages import gettext as _

HOUR, MINUTE = 3600, 60

#: Signups that one network, /24 or /64, may send us within an hour …
SIGNUPS_PER_NETWORK = 5
#: … and tries of any outcome, each of which may ask DNS something.
TRIES_PER_NETWORK = 60
#: Without a script one waits instead of solving; that is cheap for a program with many networks, so
#: there are only so many an hour, for one network and for all the world.
WAITS_PER_NETWORK, WAITS = 2, 60

#: Stands for a client without an address, such as a Unix socket's.
NOWHERE = "192.0.2.0"


class TooManySignups(TemporaryError):
    """A network, or all the world, had its share for now; `seconds` tells for how long."""

    def __init__(self, seconds: int, *, waits: bool = False) -> None:
        super().__init__(_("Too many signups came from your network. Please try again later."))
        self.seconds = seconds
        self.waits = waits  # there are no more places for those who wait


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted so far."""

    network: int = 0  # signups within the hour
    region: int = 0
    minute: int = 0  # tries of all the world


def from_this_machine() -> bool:
    """Whether the request never left this machine: a trial, a test, a measurement.

    One that a proxy passed on says so; where the proxy is not declared (TRUSTED_PROXIES), all
    the world shares one limit rather than none.
    """
    passed_on = "X-Forwarded-For" in request.headers and not settings.trusted_proxies
    return not passed_on and ip_address(request.remote_addr or NOWHERE).is_loopback


def note_try() -> Counts:
    """Count one more try of the running request's network; return what was counted so far.

    Raises:
        TooManySignups.
    """
    if from_this_machine():
        return Counts()
    network = network_of_request()
    _take(f"tries/{network}", most=TRIES_PER_NETWORK)
    minute = limiter.storage.incr("signup/all", MINUTE)
    counted = limiter.storage.get(f"signup/taken/{network}")
    if counted >= SIGNUPS_PER_NETWORK:  # told before anybody solves a puzzle in vain
        raise TooManySignups(_seconds_left(f"signup/taken/{network}"))
    return Counts(counted, limiter.storage.get(f"signup/region/{_region()}"), minute)


def note_signup() -> None:
    """Count one more signup of the running request's network, or refuse it.

    Raises:
        TooManySignups.
    """
    if from_this_machine():
        return
    _take(f"taken/{network_of_request()}", most=SIGNUPS_PER_NETWORK)
    limiter.storage.incr(f"signup/region/{_region()}", HOUR)


def note_wait() -> None:
    """Count one more signup by waiting, or refuse it.

    Raises:
        TooManySignups.
    """
    try:
        if not from_this_machine():
            _take(f"waits/{network_of_request()}", most=WAITS_PER_NETWORK)
        _take("waits", most=WAITS)
    except TooManySignups as full:
        raise TooManySignups(full.seconds, waits=True) from None


def _take(name: str, *, most: int) -> None:
    """Count first and judge then, so that of many at the same moment no more than `most` pass."""
    key = f"signup/{name}"
    if limiter.storage.incr(key, HOUR) > most:
        raise TooManySignups(_seconds_left(key))


def _seconds_left(key: str) -> int:
    left = limiter.storage.get_expiry(key) - time.time()
    return min(max(1, int(left)), HOUR)


def _region() -> str:
    """Return the /16 or /48 around the client: what one customer of a hoster may have."""
    address = request.remote_addr or NOWHERE
    return str(ip_network(f"{address}/{48 if ':' in address else 16}", strict=False))
