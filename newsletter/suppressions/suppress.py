"""Silence an address, and ask whether one is silenced."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from newsletter.config import settings
from newsletter.extensions import db
from newsletter.suppressions.models import Suppression, SuppressionReason


def hash_address(address: str) -> str:
    """Return the keyed hash of an address, 64 hexadecimal digits; letter case does not count.

    Keyed with the oldest secret, since a hash made today must match one made years ago.
    """
    return address_hasher()(address)


def address_hasher() -> Callable[[str], str]:
    """Return `hash_address` with its key at hand, for very many addresses."""
    key = b"address:" + settings.secret_keys[-1].encode()
    keyed = hmac.new(key, digestmod=hashlib.sha256)

    def hashed(address: str) -> str:
        digest = keyed.copy()
        digest.update(address.strip().casefold().encode())
        return digest.hexdigest()

    return hashed


def suppress(*, address: str, reason: SuppressionReason, now: datetime, note: str = "") -> None:
    """Silence `address`; a silenced one keeps its first reason."""
    if suppression_of(address=address) is not None:
        return
    db.session.add(
        Suppression(address_hash=hash_address(address), reason=reason, note=note, created_at=now)
    )
    db.session.flush()


def suppression_of(*, address: str) -> Suppression | None:
    """Return the suppression that silences `address`, if any."""
    statement = sa.select(Suppression).where(Suppression.address_hash == hash_address(address))
    return db.session.scalar(statement)
