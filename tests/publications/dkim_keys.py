"""Keys of publications under test, and a judge of what they signed."""

import re
from datetime import datetime

import dkim
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.mail.dkim_record import Algorithm
from newsletter.publications.dkim_keys import activate_key, create_key, record_of
from newsletter.publications.models import DkimKey, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW


def active_key(
    publication: Publication, algorithm: Algorithm = Algorithm.ED25519, now: datetime = NOW
) -> DkimKey:
    """Store a key and sign with it from now on."""
    with unit_of_work() as session:
        home = session.get_one(Publication, publication.id)
        key = create_key(publication=home, algorithm=algorithm, now=now)
        activate_key(key=key)
    return key


def records() -> dict[str, str]:
    """Return what DNS would say of the stored keys, by name."""
    found = map(record_of, db.session.scalars(sa.select(DkimKey)))
    return {record.name: record.value for record in found}


def judged(content: bytes) -> list[bool]:
    """Return dkimpy's verdict on each signature of a mail, by the records of the stored keys."""
    known = {f"{name}.": value.encode() for name, value in records().items()}
    found = len(re.findall(rb"(?m)^DKIM-Signature:", content.partition(b"\r\n\r\n")[0]))
    return [
        dkim.DKIM(content).verify(number, dnsfunc=lambda name, timeout=5: known.get(name.decode()))
        for number in range(found)
    ]
