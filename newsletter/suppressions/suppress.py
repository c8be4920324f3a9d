"""Silence an address, and ask whether one is silenced."""

import hashlib
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from newsletter.config import settings
from newsletter.database import insert_missing
from newsletter.extensions import db
from newsletter.mail.addresses import address_key
from newsletter.suppressions.models import Suppression, SuppressionReason

_BLOCK = hashlib.sha256().block_size


def hash_address(address: str) -> str:
    """Return the keyed hash of an address, 64 hexadecimal digits; neither letter case nor
    A-labels count.

    Keyed with the oldest secret, since a hash made today must match one made years ago.
    """
    return address_hasher()(address)


def address_hasher() -> Callable[[str], str]:
    """Return `hash_address` with its key at hand, for very many addresses.

    HMAC (RFC 2104 §2) by its definition, the two padded keys taken in once; objects of `hmac`
    would take three times as long.
    """
    key = b"address:" + settings.secret_keys[-1].encode()
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    key = key.ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(octet ^ 0x36 for octet in key))
    outer = hashlib.sha256(bytes(octet ^ 0x5C for octet in key))

    def hashed(address: str) -> str:
        within, around = inner.copy(), outer.copy()
        key = address.strip().casefold()  # nearly always all that `address_key` would do
        within.update((address_key(key) if "xn--" in key else key).encode())
        around.update(within.digest())
        return around.hexdigest()

    return hashed


def suppress(*, address: str, reason: SuppressionReason, now: datetime, note: str = "") -> None:
    """Silence `address`; a silenced one keeps its first reason, but for `erased`."""
    known = suppression_of(address=address)
    if known is None:
        _insert(address, reason, note, now)
        known = suppression_of(address=address)
    if known is not None and reason is SuppressionReason.ERASED:
        known.reason = reason  # which nobody lifts
        forget_words(address=address)


def forget_words(*, address: str) -> None:
    """Keep nothing that says whose address it was; it stays silenced if it is."""
    known = suppression_of(address=address)
    if known is not None:
        known.note = known.address_key = ""
        db.session.flush()


def _insert(address: str, reason: SuppressionReason, note: str, now: datetime) -> None:
    """Insert unless another transaction was faster."""
    kept = "" if reason is SuppressionReason.ERASED else address_key(address)
    values = {
        "address_hash": hash_address(address),
        "address_key": kept[:320],
        "reason": reason,
        "note": note,
        "created_at": now,
    }
    insert_missing(db.session(), Suppression, values, unique=["address_hash"])


def suppression_of(*, address: str) -> Suppression | None:
    """Return the suppression that silences `address`, if any."""
    statement = sa.select(Suppression).where(Suppression.address_hash == hash_address(address))
    return db.session.scalar(statement)
