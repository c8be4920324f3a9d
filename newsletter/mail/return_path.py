"""The return path: an envelope sender that names its delivery and cannot be forged (VERP)."""

import base64
import hmac
import re
from collections.abc import Iterable

from newsletter.base32 import lower_base32
from newsletter.keyed_hash import keyed_hash
from newsletter.mail.addresses import ascii_domain

_PREFIX = "bounces+"  # a plus address: one mailbox takes them all
_ID_OCTETS = 8
_SIGNATURE_OCTETS = 10  # 80 bits: nobody can try 2^80 mails
_SIGNED = re.compile(r"bounces\+([a-z2-7]{29})@[^@\s]+")


def sign_return_path(*, delivery_id: int, domain: str, key: bytes) -> str:
    """Return the envelope sender of one delivery: 37 octets before the @, lower case.

    Base32, since servers on the way may change the case of a local part.
    """
    return f"{_PREFIX}{_token(delivery_id, key)}@{ascii_domain(domain)}"


def read_return_path(address: str, *, keys: Iterable[bytes]) -> int | None:
    """Return the delivery a signed return path names, or None if no key has signed it.

    `keys` are the present key and those it replaced.
    """
    signed = _SIGNED.fullmatch(address.strip().removeprefix("<").removesuffix(">").lower())
    if not signed:
        return None
    token = signed.group(1)
    delivery_id = int.from_bytes(base64.b32decode(token.upper() + "===")[:_ID_OCTETS])
    # Every key is tried, so that the time taken does not tell which one fitted.
    fits = [hmac.compare_digest(_token(delivery_id, key), token) for key in keys]
    return delivery_id if any(fits) else None


def _token(delivery_id: int, key: bytes) -> str:
    octets = delivery_id.to_bytes(_ID_OCTETS)
    signature = keyed_hash(key).digest(b"return path\0" + octets)
    return lower_base32(octets + signature[:_SIGNATURE_OCTETS])
