"""Tell owners and editors by mail that a digest paused itself; the overview tells it anyway."""

from datetime import datetime
from functools import partial

import sqlalchemy as sa

from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.mailer import Mailer
from newsletter.mail.templates import RenderedMail
from newsletter.publications.staff_mail import StaffMail, admin_page, render_staff_mail
from newsletter.publications.tell_staff import GIVE_UP, tell_staff


def pauses_to_tell(now: datetime) -> list[int]:
    """Return the ids of the digests whose pause staff are to be told of now."""
    return list(db.session.scalars(sa.select(Digest.id).where(Digest.tell_pause_at <= now)))


def tell_of_pause(*, digest_id: int, mailer: Mailer, now: datetime) -> int:
    """Tell each owner and editor that a digest paused; return how many mails were accepted."""
    return tell_staff(
        Digest,
        digest_id,
        tell_at=Digest.tell_pause_at,
        look=partial(_look, now=now),
        write=_write,
        mailer=mailer,
        now=now,
    )


def _look(digest: Digest, *, now: datetime) -> Digest | None:
    """Return the digest if it is paused still, and not for long."""
    paused_at = digest.paused_at
    return digest if paused_at is not None and now - paused_at <= GIVE_UP else None


def _write(digest: Digest) -> StaffMail:
    return StaffMail(
        kind=f"pause-{digest.paused_at:%Y%m%d%H%M%S}",  # mailboxes show a Message-ID once
        number=digest.id,
        publication=digest.publication,
        rendered=render_pause(digest),
    )


def render_pause(digest: Digest) -> RenderedMail:
    """Return the letter with its one link."""
    return render_staff_mail(
        "digest_paused",
        digest.publication,
        reason=digest.reason,
        link=admin_page(digest.publication, f"digests/{digest.id}"),
    )
