"""Proof of work by the protocol of ALTCHA, version 1 (https://altcha.org): a number to be found.

The browser looks for the number whose SHA-256 with the salt is the challenge. The salt says what
the proof is good for: a purpose, one address, until when. It ends with "&", so that digits of the
number cannot be moved into it. Each challenge lets one signup through (`passes.py`).
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode

from newsletter.config import settings
from newsletter.languages import gettext as _
from newsletter.subscriptions.gate_tokens import Pass, RefusedPass

ALGORITHM = "SHA-256"
PURPOSE = "signup"
#: A phone finds the number within some three seconds; a farm pays for each signup anew.
MOST = 400_000
GOOD_FOR = timedelta(minutes=20)
LONGEST_PAYLOAD = 2000

_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a browser gets to solve, in the protocol's words."""

    algorithm: str
    challenge: str
    maxnumber: int
    salt: str
    signature: str

    def as_json(self) -> dict[str, str | int]:
        """Return the members of the protocol."""
        return asdict(self)


def write_challenge(*, spelling: str, now: datetime, purpose: str = PURPOSE) -> Challenge:
    """Return a puzzle whose solution lets one signup of one address through."""
    facts = {
        "expires": int((now + GOOD_FOR).timestamp()),
        "purpose": purpose,
        "address": spelling[:32],
    }
    salt = f"{secrets.token_hex(12)}?{urlencode(facts)}&"
    challenge = _hash(salt, str(secrets.randbelow(MOST + 1)))
    return Challenge(ALGORITHM, challenge, MOST, salt, _sign(challenge, settings.secret_keys[0]))


def read_proof(payload: str, *, spelling: str, now: datetime, purpose: str = PURPOSE) -> Pass:
    """Return the pass that a solved puzzle is.

    Raises:
        RefusedPass: unreadable, unsolved, forged, expired, for another address or purpose.
    """
    solved = _members(payload)
    salt, number, challenge = solved["salt"], solved["number"], solved["challenge"]
    whole = salt.endswith("&") and _NUMBER.fullmatch(number) and solved["algorithm"] == ALGORITHM
    if not whole or not hmac.compare_digest(_hash(salt, number), challenge):
        raise RefusedPass(_("The check was not solved."))
    signatures = [_sign(challenge, key) for key in settings.secret_keys]
    given = solved["signature"]
    if not any([hmac.compare_digest(one, given) for one in signatures]):
        raise RefusedPass(_("This check was not made by us."))
    facts = parse_qs(salt.partition("?")[2])
    if facts.get("purpose") != [purpose] or facts.get("address") != [spelling[:32]]:
        raise RefusedPass(_("This check was not made for this address."))
    until = datetime.fromtimestamp(int(facts["expires"][0]), UTC)
    if now > until:
        raise RefusedPass(_("This check has expired."))
    return Pass(f"work:{challenge[:40]}", until)


def _members(payload: str) -> dict[str, str]:
    """Return the members of a payload as ASCII text, whatever a program sent."""
    try:
        if len(payload) > LONGEST_PAYLOAD:
            raise ValueError
        document = json.loads(base64.b64decode(payload, validate=True))
        names = ("algorithm", "challenge", "number", "salt", "signature")
        found = {name: str(document[name]) for name in names}
    except (binascii.Error, ValueError, TypeError, KeyError, RecursionError):
        raise RefusedPass(_("The check cannot be read.")) from None
    if not all(text.isascii() for text in found.values()):
        raise RefusedPass(_("The check cannot be read."))
    return found


def _hash(salt: str, number: str) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()


def _sign(challenge: str, key: str) -> str:
    secret = b"proof-of-work:" + key.encode()
    return hmac.new(secret, challenge.encode(), hashlib.sha256).hexdigest()
