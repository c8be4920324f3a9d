"""Cost of signing a mail with DKIM, stamping it included: by us, and by dkimpy."""

import time
from collections.abc import Callable

import dkim
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.parts_message import Cost, compiled, each_reader
from bench.timing import microseconds
from newsletter.clock import utc_now
from newsletter.mail.dkim import SIGNED, PrivateKey, SignedMessage, Signer, SigningKey
from newsletter.mail.dkim_record import Algorithm
from newsletter.mail.message import CompiledMessage, Markers
from newsletter.publications.dkim_secrets import new_private_key

DOMAIN = "example.org"


def signing_costs() -> list[Cost]:
    """Stamp and sign the message for one reader, as the sending does and as dkimpy would."""
    message = compiled(Markers.fresh())
    rsa, ed25519 = new_private_key(Algorithm.RSA), new_private_key(Algorithm.ED25519)
    return [
        _cost("RSA-2048, segments", _by_us(message, Algorithm.RSA, rsa)),
        _cost("Ed25519, segments", _by_us(message, Algorithm.ED25519, ed25519)),
        _cost("RSA-2048, dkimpy", _by_dkimpy(message, rsa)),
    ]


def _cost(way: str, sign: Callable[[], bytes]) -> Cost:
    # Processor time: the goal is so many a second of one core, which may have others to serve.
    return Cost(way, lambda: microseconds(sign, clock=time.process_time))


def _by_us(message: CompiledMessage, algorithm: Algorithm, key: PrivateKey) -> Callable[[], bytes]:
    signer = Signer([SigningKey(DOMAIN, "s1", algorithm, key)], now=utc_now())
    signed, reader = SignedMessage(message, signer), each_reader()
    return lambda: signed.stamp(reader())


def _by_dkimpy(message: CompiledMessage, key: PrivateKey) -> Callable[[], bytes]:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    reader = each_reader()
    names = [name.encode() for name in ("from", *SIGNED)]

    def sign() -> bytes:
        content = message.stamp(reader())
        field: bytes = dkim.sign(
            content,
            b"s1",
            DOMAIN.encode(),
            pem,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=names,
        )
        return field + content

    return sign
