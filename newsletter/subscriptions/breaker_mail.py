"""Tell owners and editors by mail that the signup breaker tripped; the overview tells it anyway."""

from datetime import datetime, timedelta

import structlog

from newsletter.config import settings
from newsletter.extensions import db
from newsletter.mail.mailer import Mailer
from newsletter.mail.templates import RenderedMail
from newsletter.publications.find import default_publication
from newsletter.publications.models import Publication
from newsletter.publications.staff_mail import WAIT, mail_staff, render_staff_mail
from newsletter.subscriptions.gate_models import SignupBreaker
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: After so long the overview has to do.
GIVE_UP = timedelta(hours=6)


def tell_of_breaker(*, mailer: Mailer, now: datetime) -> int:
    """Send one mail to each owner and editor if there is something to tell; return how many.

    Commits by itself. One mail accepted is enough.
    """
    with unit_of_work():
        taken = _take(now=now)
    publication = default_publication()
    if taken is None or publication is None:
        return 0
    tripped_at, asked, confirmed = taken
    accepted = mail_staff(
        publication=publication,
        rendered=render_breaker(publication, asked=asked, confirmed=confirmed),
        kind="breaker",
        number=int(tripped_at.timestamp()),
        mailer=mailer,
        now=now,
    )
    if accepted:
        with unit_of_work() as session:
            row = session.get_one(SignupBreaker, 1, with_for_update=True, populate_existing=True)
            row.tell_at = None
    log.info("breaker_told", mails=accepted)
    return accepted


def render_breaker(publication: Publication, *, asked: int, confirmed: int) -> RenderedMail:
    """Return the letter with its one link."""
    return render_staff_mail(
        "breaker",
        publication,
        asked=asked,
        confirmed=confirmed,
        link=f"{settings.base_url}/admin/",
    )


def _take(*, now: datetime) -> tuple[datetime, int, int] | None:
    """Take the telling in hand; None if there is nothing to tell, or not yet again."""
    row = db.session.get(SignupBreaker, 1, with_for_update=True, populate_existing=True)
    if row is None or row.tripped_at is None or row.tell_at is None or row.tell_at > now:
        return None
    over = now - row.tripped_at > GIVE_UP
    row.tell_at = None if over else now + WAIT
    return None if over else (row.tripped_at, row.asked, row.confirmed)
