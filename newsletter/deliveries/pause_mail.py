"""Tell owners and editors by mail that a digest paused itself; the overview tells it anyway."""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from newsletter.config import settings
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.html import mail_html
from newsletter.mail.logo import logo_address
from newsletter.mail.mailer import Accepted, Mailer, RelayUnavailable, send_one
from newsletter.mail.palette import palette
from newsletter.mail.templates import RenderedMail, fill, one_line
from newsletter.publications.staff_mail import staff_mails
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: As with alarms: longer than the task's limit, and after a day the overview has to do.
WAIT = timedelta(minutes=12)
GIVE_UP = timedelta(days=1)


def pauses_to_tell(now: datetime) -> list[int]:
    """Return the ids of the digests whose pause staff are to be told of now."""
    return list(db.session.scalars(sa.select(Digest.id).where(Digest.tell_at <= now)))


def tell_of_pause(*, digest_id: int, mailer: Mailer, now: datetime) -> int:
    """Send one mail to each owner and editor; return how many were accepted.

    Commits by itself. One mail accepted is enough; while none is, it is tried again for a day.
    """
    with unit_of_work():
        digest = _take(digest_id, now=now)
    if digest is None:
        return 0
    accepted = 0
    mails = staff_mails(
        publication=digest.publication,
        rendered=render_pause(digest),
        kind="pause",
        number=digest_id,
        now=now,
    )
    for mail in mails:
        try:
            accepted += isinstance(send_one(mailer, mail), Accepted)
        except RelayUnavailable as trouble:
            log.warning("pause_not_told", digest_id=digest_id, reason=str(trouble))
            break
    if accepted:
        with unit_of_work() as session:
            session.get_one(Digest, digest_id).tell_at = None
    log.info("pause_told", digest_id=digest_id, mails=accepted)
    return accepted


def render_pause(digest: Digest) -> RenderedMail:
    """Return the letter with its one link."""
    publication = digest.publication
    values = {
        "publication": publication,
        "logo": logo_address(publication.logo, base_url=settings.base_url),
        "reason": digest.reason,
        "link": f"{settings.base_url}/admin/digests/{digest.id}",
        "colours": palette(publication.accent),
    }

    def part(name: str) -> str:
        return fill(name, language=publication.language, **values)

    return RenderedMail(
        subject=one_line(part("digest_paused/subject.txt")),
        html=mail_html(part("digest_paused/body.mjml"), css=part("parts/inline.css")),
        text=part("digest_paused/body.txt").strip() + "\n",
    )


def _take(digest_id: int, *, now: datetime) -> Digest | None:
    """Take the telling in hand; None if it is not due, or staff have settled it."""
    digest = db.session.get(Digest, digest_id, with_for_update=True, populate_existing=True)
    if digest is None or digest.tell_at is None or digest.tell_at > now:
        return None
    over = digest.paused_at is None or now - digest.paused_at > GIVE_UP
    digest.tell_at = None if over else now + WAIT
    return None if over else digest
