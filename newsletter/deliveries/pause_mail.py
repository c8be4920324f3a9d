"""Tell owners and editors by mail that a digest paused itself; the overview tells it anyway."""

from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.config import settings
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.mailer import Mailer
from newsletter.mail.templates import RenderedMail
from newsletter.publications.staff_mail import GIVE_UP, WAIT, mail_staff, render_staff_mail
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()


def pauses_to_tell(now: datetime) -> list[int]:
    """Return the ids of the digests whose pause staff are to be told of now."""
    return list(db.session.scalars(sa.select(Digest.id).where(Digest.tell_pause_at <= now)))


def tell_of_pause(*, digest_id: int, mailer: Mailer, now: datetime) -> int:
    """Send one mail to each owner and editor; return how many were accepted.

    Commits by itself. One mail accepted is enough; while none is, it is tried again for a day.
    """
    with unit_of_work():
        digest = _take(digest_id, now=now)
    if digest is None or digest.paused_at is None:
        return 0
    again_at = now + WAIT
    accepted = mail_staff(
        publication=digest.publication,
        rendered=render_pause(digest),
        kind=f"pause-{digest.paused_at:%Y%m%d%H%M%S}",  # mailboxes show a Message-ID once
        number=digest_id,
        mailer=mailer,
        now=now,
    )
    if accepted:
        with unit_of_work():
            _note_told(digest_id, again_at=again_at)
    log.info("pause_told", digest_id=digest_id, mails=accepted)
    return accepted


def _note_told(digest_id: int, *, again_at: datetime) -> None:
    """Note that staff know; not if it was resumed and paused anew meanwhile."""
    db.session.execute(
        sa.update(Digest)
        .where(Digest.id == digest_id, Digest.tell_pause_at == again_at)
        .values(tell_pause_at=None)
        .execution_options(synchronize_session=False)
    )


def render_pause(digest: Digest) -> RenderedMail:
    """Return the letter with its one link."""
    return render_staff_mail(
        "digest_paused",
        digest.publication,
        reason=digest.reason,
        link=f"{settings.base_url}/admin/digests/{digest.id}",
    )


def _take(digest_id: int, *, now: datetime) -> Digest | None:
    """Take the telling in hand; None if it is not due, or staff have settled it."""
    digest = db.session.get(Digest, digest_id, with_for_update=True, populate_existing=True)
    if digest is None or digest.tell_pause_at is None or digest.tell_pause_at > now:
        return None
    over = digest.paused_at is None or now - digest.paused_at > GIVE_UP
    digest.tell_pause_at = None if over else now + WAIT
    return None if over else digest
