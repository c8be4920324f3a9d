"""Tell owners and editors by mail that preflight holds a digest; the overview tells it anyway."""

import hashlib
from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.config import settings
from newsletter.digests.models import Digest
from newsletter.digests.preflight_hold import PreflightHold, hold_of
from newsletter.extensions import db
from newsletter.mail.mailer import Mailer
from newsletter.mail.templates import RenderedMail
from newsletter.publications.staff_mail import GIVE_UP, WAIT, mail_staff, render_staff_mail
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: Sentences in the mail; the digest's page has all of them.
MOST_TOLD = 10


def held_to_tell(now: datetime) -> list[int]:
    """Return the ids of the digests that staff are to be told of now."""
    return list(
        db.session.scalars(sa.select(PreflightHold.digest_id).where(PreflightHold.tell_at <= now))
    )


def tell_of_held_digest(*, digest_id: int, mailer: Mailer, now: datetime) -> int:
    """Send one mail to each owner and editor; return how many were accepted.

    Commits by itself. One mail accepted is enough; while none is, it is tried again for a day.
    """
    with unit_of_work():
        sentences, again_at = _take(digest_id, now=now), now + WAIT
    if not sentences:
        return 0
    digest = db.session.get_one(Digest, digest_id)
    accepted = mail_staff(
        publication=digest.publication,
        rendered=render_held(digest, sentences),
        kind=f"held-{_set_of(sentences)}",
        number=digest_id,
        mailer=mailer,
        now=now,
    )
    if accepted:
        with unit_of_work():
            _note_told(digest_id, again_at=again_at)
    log.info("held_digest_told", digest_id=digest_id, mails=accepted)
    return accepted


def _take(digest_id: int, *, now: datetime) -> list[str]:
    """Take the telling in hand; return what is to be told, nothing if it is not due any more."""
    row = db.session.get(PreflightHold, digest_id, with_for_update=True, populate_existing=True)
    if row is None or row.tell_at is None or row.tell_at > now:
        return []
    held = hold_of(db.session.get_one(Digest, digest_id))
    over = held is None or held.held_at is None or now - held.held_at > GIVE_UP
    row.tell_at = None if over else now + WAIT
    return [] if over else row.sentences


def _note_told(digest_id: int, *, again_at: datetime) -> None:
    """Note that staff know; not if more was found while the relay took the mails."""
    db.session.execute(
        sa.update(PreflightHold)
        .where(PreflightHold.digest_id == digest_id, PreflightHold.tell_at == again_at)
        .values(tell_at=None)
        .execution_options(synchronize_session=False)
    )


def _set_of(sentences: list[str]) -> str:
    """Return what tells one set of errors from another: mailboxes show a Message-ID once."""
    return hashlib.sha256("\n".join(sorted(sentences)).encode()).hexdigest()[:8]


def render_held(digest: Digest, sentences: list[str]) -> RenderedMail:
    """Return the letter with its one link."""
    return render_staff_mail(
        "held",
        digest.publication,
        digest_kind=digest.word,
        sentences=sentences[:MOST_TOLD],
        more=max(len(sentences) - MOST_TOLD, 0),
        link=f"{settings.base_url}/admin/digests/{digest.id}",
    )
