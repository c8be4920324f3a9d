"""The return path: an envelope sender that names its mail's row and cannot be forged (VERP)."""

import base64
import hmac
import re
from collections.abc import Iterable
from typing import Literal

from newsletter.base32 import lower_base32
from newsletter.keyed_hash import keyed_hash
from newsletter.mail.addresses import ascii_domain

_PREFIX = "bounces+"  # a plus address: one mailbox takes them all
_ID_OCTETS = 8
_SIGNATURE_OCTETS = 10  # 80 bits: nobody can try 2^80 mails
#: Which row a mail was: what is signed begins with it, so that none passes for the other.
Kind = Literal["delivery", "letter"]
_LABELS = {"delivery": b"return path\0", "letter": b"return path of a letter\0"}
_SIGNED = re.compile(r"bounces\+([a-z2-7]{29})@[^@\s]+")


def sign_return_path(*, number: int, domain: str, key: bytes, kind: Kind = "delivery") -> str:
    """Return the envelope sender of one mail: 37 octets before the @, lower case.

    Base32, since servers on the way may change the case of a local part.
    """
    return f"{_PREFIX}{_token(number, key, kind)}@{ascii_domain(domain)}"


def read_return_path(address: str, *, keys: Iterable[bytes], kind: Kind = "delivery") -> int | None:
    """Return the row a signed return path names, or None if no key has signed it for this kind.

    `keys` are the present key and those it replaced.
    """
    signed = _SIGNED.fullmatch(address.strip().removeprefix("<").removesuffix(">").lower())
    if not signed:
        return None
    token = signed.group(1)
    number = int.from_bytes(base64.b32decode(token.upper() + "===")[:_ID_OCTETS])
    # Every key is tried, so that the time taken does not tell which one fitted.
    fits = [hmac.compare_digest(_token(number, key, kind), token) for key in keys]
    return number if any(fits) else None


def _token(number: int, key: bytes, kind: Kind) -> str:
    octets = number.to_bytes(_ID_OCTETS)
    signature = keyed_hash(key).digest(_LABELS[kind] + octets)
    return lower_base32(octets + signature[:_SIGNATURE_OCTETS])
