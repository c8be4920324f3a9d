"""Signed texts of the signup gate: when a form was shown, and since when somebody waits.

The seal is HMAC-SHA-256 over purpose and all that the text is bound to, cut to 128 bits; a text of
one purpose is good for no other, here or among the links in mails.
"""

import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from newsletter.base32 import lower_base32
from newsletter.config import settings
from newsletter.errors import PermanentError
from newsletter.keyed_hash import keyed_hash
from newsletter.languages import gettext as _

#: A form that was open for longer says nothing about how fast it was filled in.
OLDEST_STAMP = timedelta(days=2)
#: Whoever solves no puzzle waits for so long, and comes back within so long.
WAIT = timedelta(seconds=20)
OLDEST_TICKET = timedelta(hours=1)
#: Clocks of two web servers may differ by so much.
_AHEAD = timedelta(minutes=2)

_STAMP = re.compile(r"(\d{10,11})-([a-z2-7]{26})")
_TICKET = re.compile(r"(\d{10,11})-([0-9a-f]{24})-([a-z2-7]{26})")


class RefusedPass(PermanentError):
    """A proof or a ticket that lets nobody through; the text says why."""


class Pass(NamedTuple):
    """A check that was passed: what makes it single, and until when it would count."""

    key: str
    until: datetime


def seal(purpose: str, *parts: str, key: str | None = None) -> str:
    """Return the seal of `parts` for `purpose`, by the newest key if none is given."""
    keyed = keyed_hash(b"signup-gate:" + (key or settings.secret_keys[0]).encode())
    return lower_base32(keyed.digest("\n".join((purpose, *parts)).encode())[:16])


def is_sealed(given: str, purpose: str, *parts: str) -> bool:
    """Say whether one of our keys made this seal, in a time that tells nothing about it."""
    seals = [seal(purpose, *parts, key=key) for key in settings.secret_keys]
    return any([hmac.compare_digest(one.encode(), given.encode()) for one in seals])


def write_stamp(*, now: datetime) -> str:
    """Return what a form carries to tell when it was shown."""
    moment = str(int(now.timestamp()))
    return f"{moment}-{seal('stamp', moment)}"


def stamp_age(stamp: str, *, now: datetime) -> timedelta | None:
    """Return how long ago a form was shown; None if its stamp is not ours or is too old."""
    found = _STAMP.fullmatch(stamp)
    if found is None or not is_sealed(found[2], "stamp", found[1]):
        return None
    age = now - datetime.fromtimestamp(int(found[1]), UTC)
    return max(age, timedelta()) if -_AHEAD <= age <= OLDEST_STAMP else None


def write_ticket(*, spelling: str, network: str, now: datetime) -> str:
    """Return a ticket that is good for one address, from one network, after `WAIT`."""
    moment, nonce = str(int(now.timestamp())), secrets.token_hex(12)
    return f"{moment}-{nonce}-{seal('wait', moment, nonce, spelling, network)}"


def read_ticket(ticket: str, *, spelling: str, network: str, now: datetime) -> tuple[Pass, int]:
    """Return the pass that a ticket is, and the seconds that are left to wait.

    Raises:
        RefusedPass: forged, expired, or for another address or network.
    """
    found = _TICKET.fullmatch(ticket)
    if found is None or not is_sealed(found[3], "wait", found[1], found[2], spelling, network):
        raise RefusedPass(_("This check was not made for this address."))
    begun = datetime.fromtimestamp(int(found[1]), UTC)
    if not -_AHEAD <= now - begun <= OLDEST_TICKET:
        raise RefusedPass(_("This check has expired."))
    left = (begun + WAIT - now).total_seconds()
    return Pass(f"wait:{found[2]}", begun + OLDEST_TICKET), max(0, int(left + 0.999))
