"""Private DKIM keys as they lie in the database: encrypted by the oldest SECRET_KEY."""

from base64 import b64encode, urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from newsletter.errors import PermanentError
from newsletter.mail.dkim import PrivateKey
from newsletter.mail.dkim_record import Algorithm

_RSA_BITS, _RSA_EXPONENT = 2048, 65537
_PURPOSE = b"newsletter: private DKIM keys"


class UnreadableKey(PermanentError):
    """A private key cannot be decrypted, or is no key: SECRET_KEY is not the one it was."""


def new_private_key(algorithm: Algorithm) -> PrivateKey:
    """Return a fresh key: RSA with 2048 bits, which every receiver takes (RFC 8301), or Ed25519."""
    if algorithm is Algorithm.RSA:
        return generate_private_key(public_exponent=_RSA_EXPONENT, key_size=_RSA_BITS)
    return Ed25519PrivateKey.generate()


def public_half(private_key: PrivateKey) -> str:
    """Return the `p=` of the record: SubjectPublicKeyInfo for RSA, 32 octets for Ed25519."""
    public = private_key.public_key()
    if isinstance(private_key, RSAPrivateKey):
        return b64encode(
            public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).decode()
    return b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def encrypted(private_key: PrivateKey, *, secret: str) -> str:
    """Return the key as it is stored."""
    plain = private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return _box(secret).encrypt(plain).decode("ascii")


@lru_cache(maxsize=16)  # reading an RSA key costs more than a hundred mails
def decrypted(stored: str, *, secret: str) -> PrivateKey:
    """Return a stored key.

    Raises:
        UnreadableKey.
    """
    try:
        key = load_der_private_key(_box(secret).decrypt(stored.encode("ascii")), password=None)
    except (InvalidToken, ValueError):
        raise UnreadableKey(
            "A private DKIM key cannot be read: the last of the SECRET_KEYs is not the one that "
            "it was stored with."
        ) from None
    assert isinstance(key, RSAPrivateKey | Ed25519PrivateKey)
    return key


def _box(secret: str) -> Fernet:
    """Return the cipher of a secret, which other purposes use too, each with a key of its own."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
    return Fernet(urlsafe_b64encode(derived.derive(secret.encode())))
