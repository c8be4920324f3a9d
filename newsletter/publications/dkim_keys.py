"""The DKIM keys of a publication: made, activated once DNS knows them, retired."""

import re
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.config import settings
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.mail.addresses import ascii_domain
from newsletter.mail.dkim import Signer, SigningKey
from newsletter.mail.dkim_record import Algorithm, DkimRecord
from newsletter.publications.dkim_secrets import (
    decrypted,
    encrypted,
    new_private_key,
    public_half,
)
from newsletter.publications.models import DkimKey, DkimKeyState, Publication

log = structlog.get_logger()

_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class UnusableKey(PermanentError):
    """A key that cannot be made, found, activated or retired as was asked."""


def create_key(
    *, publication: Publication, algorithm: Algorithm, now: datetime, selector: str = ""
) -> DkimKey:
    """Store a new key for the domain of the publication's sender; it is not used yet.

    Without a selector it is called by algorithm and month.

    Raises:
        UnusableKey: the selector is malformed or taken.
    """
    domain = sender_domain(publication)
    selector = selector or _free_selector(domain, algorithm, now)
    if not _SELECTOR.fullmatch(selector):
        raise UnusableKey(
            f"The selector {selector!r} cannot be used: it takes a to z, 0 to 9 and hyphens "
            "between them, at most 63 characters."
        )
    if selector in _taken_selectors(domain):
        raise UnusableKey(f"There is already a key {selector} for {domain}; choose another name.")
    private_key = new_private_key(algorithm)
    key = DkimKey(
        publication=publication,
        domain=domain,
        selector=selector,
        algorithm=algorithm,
        state=DkimKeyState.WAITING,
        public_key=public_half(private_key),
        private_key=encrypted(private_key, secret=settings.secret_keys[-1]),
        created_at=now,
    )
    db.session.add(key)
    db.session.flush()
    log.info("dkim_key_created", publication_id=publication.id, dkim_key_id=key.id)
    return key


def key_called(*, publication: Publication, selector: str) -> DkimKey:
    """Return a key of a publication; the newest so called, if its sender changed domains.

    Raises:
        UnusableKey: there is none.
    """
    found = (
        sa.select(DkimKey)
        .where(DkimKey.publication_id == publication.id, DkimKey.selector == selector)
        .order_by(DkimKey.id.desc())
        .limit(1)
    )
    key = db.session.scalar(found)
    if key is None:
        raise UnusableKey(f"{publication.name} has no DKIM key {selector}.")
    return key


def all_keys() -> Sequence[DkimKey]:
    """Return every key, by publication, the oldest first."""
    return db.session.scalars(sa.select(DkimKey).order_by(DkimKey.publication_id, DkimKey.id)).all()


def active_keys() -> Sequence[DkimKey]:
    """Return the keys that sign, by publication."""
    return [key for key in all_keys() if key.state is DkimKeyState.ACTIVE]


def idle_keys(publication: Publication) -> list[DkimKey]:
    """Return active keys that sign nothing, since the sender has another domain than they."""
    return [
        key
        for key in publication.dkim_keys
        if key.state is DkimKeyState.ACTIVE and not is_aligned(key)
    ]


def check_activation(key: DkimKey) -> None:
    """Refuse to activate a key that no signature should be made with.

    Raises:
        UnusableKey: it was retired, or the sender's domain is another.
    """
    if key.state is DkimKeyState.RETIRED:
        raise UnusableKey(f"The key {key.selector} was retired; create a new one.")
    if not is_aligned(key):
        raise UnusableKey(
            f"The key {key.selector} is for {key.domain}, but {key.publication.name} sends from "
            f"{sender_domain(key.publication)}; create a key for that."
        )


def activate_key(*, key: DkimKey) -> DkimKey | None:
    """Sign with this key from now on; return the one of its algorithm that it replaces, if any.

    Ask DNS before: receivers refuse or distrust mail whose key they do not find.

    Raises:
        UnusableKey.
    """
    check_activation(key)
    replaced = db.session.scalar(
        sa.select(DkimKey).where(
            DkimKey.publication_id == key.publication_id,
            DkimKey.algorithm == key.algorithm,
            DkimKey.state == DkimKeyState.ACTIVE,
            DkimKey.id != key.id,
        )
    )
    if replaced is not None:
        retire_key(key=replaced)
    key.state = DkimKeyState.ACTIVE
    db.session.flush()
    log.info("dkim_key_activated", publication_id=key.publication_id, dkim_key_id=key.id)
    return replaced


def retire_key(*, key: DkimKey) -> None:
    """Never sign with this key again; its private half is forgotten."""
    key.state, key.private_key = DkimKeyState.RETIRED, ""
    db.session.flush()
    log.info("dkim_key_retired", publication_id=key.publication_id, dkim_key_id=key.id)


def signer_of(publication: Publication, *, now: datetime) -> Signer:
    """Return what signs the publication's mail; without active keys mail stays as it is.

    A key of a domain that the publication no longer sends from is left aside: it would not align
    (RFC 9989), and the publisher of that domain may no longer want it.

    Raises:
        UnreadableKey.
    """
    keys = [key for key in publication.dkim_keys if key.state is DkimKeyState.ACTIVE]
    return Signer([_opened(key) for key in keys if is_aligned(key)], now=now)


def record_of(key: DkimKey) -> DkimRecord:
    """Return what has to stand in DNS for a key."""
    return DkimRecord.of_key(
        domain=key.domain,
        selector=key.selector,
        algorithm=key.algorithm,
        public_key=key.public_key,
    )


def is_aligned(key: DkimKey) -> bool:
    """Say whether the key is for the domain its publication sends from."""
    return key.domain == sender_domain(key.publication)


def sender_domain(publication: Publication) -> str:
    """Return the domain of the publication's From address, as DNS has it."""
    return ascii_domain(publication.from_email.rpartition("@")[2])


def _opened(key: DkimKey) -> SigningKey:
    private_key = decrypted(key.private_key, secret=settings.secret_keys[-1])
    return SigningKey(key.domain, key.selector, key.algorithm, private_key)


def _taken_selectors(domain: str) -> set[str]:
    return set(db.session.scalars(sa.select(DkimKey.selector).where(DkimKey.domain == domain)))


def _free_selector(domain: str, algorithm: Algorithm, now: datetime) -> str:
    first = f"{algorithm.value}-{now:%Y%m}"
    taken = _taken_selectors(domain)
    later = (f"{first}-{number}" for number in range(2, len(taken) + 3))
    return next(one for one in (first, *later) if one not in taken)
