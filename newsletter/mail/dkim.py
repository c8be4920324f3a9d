"""DKIM signatures (RFC 6376, RFC 8463) of our own mails: relaxed/relaxed, by one key or two."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from newsletter.mail.dkim_canonical import (
    BodyHash,
    body_hash,
    header_of,
    parted,
    relaxed_fields,
)
from newsletter.mail.dkim_record import Algorithm
from newsletter.mail.markers import Placeholder
from newsletter.mail.message import CompiledMessage

PrivateKey = RSAPrivateKey | Ed25519PrivateKey

#: Signed as far as they are there. Feedback-ID counts at Gmail only if it is signed.
SIGNED = (
    *("from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "content-type"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post", "list-archive", "feedback-id"),
)
_SIGNED = tuple(name.encode() for name in SIGNED)
#: Named once more than it is there, so that a second From breaks the signature (§8.15).
_OVERSIGNED = b"from"

_LINE = 76
_ROOM = 72  # of base64 in a line, behind " b="
_PADDING, _PREHASHED = PKCS1v15(), Prehashed(SHA256())


@dataclass(frozen=True)
class SigningKey:
    """A private key, and where receivers find the public one."""

    domain: str
    selector: str
    algorithm: Algorithm
    private_key: PrivateKey = field(repr=False)

    def seal(self, signed: bytes) -> bytes:
        """Sign the SHA-256 of these octets: as such by RSA, as a message by Ed25519 (RFC 8463)."""
        digest = sha256(signed).digest()
        if isinstance(self.private_key, RSAPrivateKey):
            return self.private_key.sign(digest, _PADDING, _PREHASHED)
        return self.private_key.sign(digest)


class Signer:
    """Signs with each of its keys, as of one moment; without a key it leaves mails as they are."""

    def __init__(self, keys: Sequence[SigningKey], *, now: datetime) -> None:
        self.keys = tuple(keys)
        self._moment = int(now.timestamp())

    def sign(self, content: bytes) -> bytes:
        """Return a whole message, its line ends CRLF throughout, with the signatures in front."""
        if not self.keys:
            return content
        header, body = parted(content)
        return self.signatures(header, body_hash(body)) + content

    def signatures(self, header: bytes, body_digest: bytes) -> bytes:
        """Return the header fields that sign this header and a body with this hash."""
        fields = relaxed_fields(header)
        names = tuple(name for name in _SIGNED if name in fields)
        signed = b"".join(b"%b:%b\r\n" % (name, fields[name]) for name in names)
        hashed = b64encode(body_digest)
        return b"".join(self._signature(key, names, signed, hashed) for key in self.keys)

    def _signature(
        self, key: SigningKey, names: tuple[bytes, ...], signed: bytes, hashed: bytes
    ) -> bytes:
        written, canonical = _opening(key.domain, key.selector, key.algorithm, self._moment, names)
        seal = b64encode(key.seal(b"%b%b bh=%b; b=" % (signed, canonical, hashed)))
        lines = b"\r\n ".join(seal[at : at + _ROOM] for at in range(0, len(seal), _ROOM))
        return b"%b\r\n bh=%b;\r\n b=%b\r\n" % (written, hashed, lines)


class SignedMessage:
    """A compiled message that is stamped and signed; free of cost where there is no key."""

    def __init__(self, message: CompiledMessage, signer: Signer) -> None:
        self._message = message
        self._signer = signer
        self._body = BodyHash(message.pieces) if signer.keys else None

    def stamp(self, values: Mapping[Placeholder, str]) -> bytes:
        """Return the message for one recipient, as `CompiledMessage.stamp` does, with signatures.

        Raises MissingValue, UnsafeHeader or AddressError: only this recipient fails.
        """
        if self._body is None:
            return self._message.stamp(values)
        filled = self._message.fill(values)
        content = b"".join(filled)
        signatures = self._signer.signatures(header_of(content), self._body.digest(filled))
        return signatures + content


@lru_cache(maxsize=64)  # the same for all mails of a batch
def _opening(
    domain: str, selector: str, algorithm: Algorithm, moment: int, names: tuple[bytes, ...]
) -> tuple[bytes, bytes]:
    """Return a signature field up to the body's hash: folded, and as it is signed itself."""
    first, *others, last = [name.decode() for name in (_OVERSIGNED, *names)]
    tags = [f" a={algorithm.value}-sha256;", " c=relaxed/relaxed;", f" d={domain};"]
    listed = [f" h={first}:", *(f"{name}:" for name in others), f"{last};"]
    written = _folded(["DKIM-Signature: v=1;", *tags, f" s={selector};", f" t={moment};", *listed])
    ((name, value),) = relaxed_fields(written).items()
    return written, b"%b:%b" % (name, value)


def _folded(parts: Sequence[str]) -> bytes:
    """Put parts together in lines of at most 76 characters; a longer part has one of its own."""
    lines, line = [], ""
    for part in parts:
        if line and len(line) + len(part) > _LINE:
            lines.append(line)
            line = " "
            part = part.lstrip()
        line += part
    return "\r\n".join([*lines, line]).encode("ascii")
