"""Tell owners and editors by mail that preflight holds a digest; the overview tells it anyway."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from newsletter.digests.models import Digest
from newsletter.digests.preflight_hold import PreflightHold, hold_of
from newsletter.extensions import db
from newsletter.mail.mailer import Mailer
from newsletter.mail.templates import RenderedMail
from newsletter.publications.staff_mail import StaffMail, admin_page, render_staff_mail
from newsletter.publications.tell_staff import GIVE_UP, tell_staff

#: Sentences in the mail; the digest's page has all of them.
MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Held:
    """What the mail says of a held digest."""

    digest: Digest
    sentences: list[str]


def held_to_tell(now: datetime) -> list[int]:
    """Return the ids of the digests that staff are to be told of now."""
    return list(
        db.session.scalars(sa.select(PreflightHold.digest_id).where(PreflightHold.tell_at <= now))
    )


def tell_of_held_digest(*, digest_id: int, mailer: Mailer, now: datetime) -> int:
    """Tell each owner and editor of a held digest; return how many mails were accepted."""
    return tell_staff(
        PreflightHold,
        digest_id,
        tell_at=PreflightHold.tell_at,
        look=partial(_look, now=now),
        write=_write,
        mailer=mailer,
        now=now,
    )


def _look(hold: PreflightHold, *, now: datetime) -> Held | None:
    """Return what is to be told if the digest is held still, and not for long."""
    digest = db.session.get_one(Digest, hold.digest_id)
    held = hold_of(digest)
    if held is None or held.held_at is None or now - held.held_at > GIVE_UP:
        return None
    return Held(digest, held.sentences)


def _write(told: Held) -> StaffMail:
    return StaffMail(
        kind=f"held-{_set_of(told.sentences)}",
        number=told.digest.id,
        publication=told.digest.publication,
        rendered=render_held(told),
    )


def _set_of(sentences: list[str]) -> str:
    """Return what tells one set of errors from another: mailboxes show a Message-ID once."""
    return hashlib.sha256("\n".join(sorted(sentences)).encode()).hexdigest()[:8]


def render_held(told: Held) -> RenderedMail:
    """Return the letter with its one link."""
    return render_staff_mail(
        "held",
        told.digest.publication,
        digest_kind=told.digest.word,
        sentences=told.sentences[:MOST_TOLD],
        more=max(len(told.sentences) - MOST_TOLD, 0),
        link=admin_page(told.digest.publication, f"digests/{told.digest.id}"),
    )
