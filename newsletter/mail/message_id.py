"""Message-IDs: different for every recipient, the same on every retry (RFC 5322 §3.6.4).

The left side carries the row's number, hidden and sealed at once: the seal is a keyed hash of kind
and number, and a second hash, of the seal, veils the number (the construction of SIV, RFC 5297, by
HMAC alone). So an event that names our mail by its Message-ID finds its row, nobody else reads the
number, and none is forged.
"""

import base64
import hmac
import re
from collections.abc import Iterable

from newsletter.base32 import lower_base32
from newsletter.keyed_hash import keyed_hash

_NUMBER_OCTETS = 8
_SEAL_OCTETS = 12
_OURS = re.compile(r"([a-z0-9-]+)-([a-z2-7]{32})@[^@\s]+")


def message_id(*, kind: str, number: int, domain: str, key: str) -> str:
    """Return `left@right` without angle brackets, derived from what the mail is.

    Args:
        kind: short lower-case word, such as "delivery".
        number: the row's id.
        key: a secret, so that ids cannot be guessed and neighbours not counted.
    """
    secret = key.encode()
    seal = _seal(kind, number, secret)
    veiled = number ^ _veil(seal, secret)
    return f"{kind}-{lower_base32(seal + veiled.to_bytes(_NUMBER_OCTETS))}@{domain}"


def read_message_id(text: str, *, kind: str, keys: Iterable[str]) -> int | None:
    """Return the row's id that a Message-ID of ours carries, or None if no key sealed it."""
    found = _OURS.fullmatch(text.strip().strip("<>").lower())
    if not found or found[1] != kind:
        return None
    octets = base64.b32decode(found[2].upper())
    seal, veiled = octets[:_SEAL_OCTETS], int.from_bytes(octets[_SEAL_OCTETS:])
    numbers = []
    for key in keys:
        secret = key.encode()
        number = veiled ^ _veil(seal, secret)
        if hmac.compare_digest(_seal(kind, number, secret), seal):
            numbers.append(number)
    return numbers[0] if numbers else None


def _seal(kind: str, number: int, secret: bytes) -> bytes:
    return keyed_hash(secret).digest(f"message-id:{kind}:{number}".encode())[:_SEAL_OCTETS]


def _veil(seal: bytes, secret: bytes) -> int:
    return int.from_bytes(keyed_hash(secret).digest(b"message-id veil\0" + seal)[:_NUMBER_OCTETS])
