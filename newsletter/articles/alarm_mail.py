"""Tell owners and editors by mail that an alarm holds articles; the overview tells it anyway."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from newsletter.articles.alarms import OpenAlarm, open_alarm
from newsletter.articles.models import Alarm
from newsletter.config import settings
from newsletter.extensions import db
from newsletter.mail.html import mail_html
from newsletter.mail.logo import logo_address
from newsletter.mail.mailer import Accepted, Mailer, OutgoingMail, RelayUnavailable, send_one
from newsletter.mail.palette import palette
from newsletter.mail.templates import RenderedMail, fill, one_line
from newsletter.publications.models import Publication
from newsletter.publications.staff_mail import staff_mails
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: Whoever tells it has so long, longer than the task's limit, as a relay may take ten minutes to
#: answer; then, if nobody took the mail, it is tried again.
WAIT = timedelta(minutes=12)
#: After so long the overview has to do.
GIVE_UP = timedelta(days=1)


def alarms_to_tell(now: datetime) -> list[int]:
    """Return the ids of the alarms that staff are to be told of now."""
    return list(db.session.scalars(sa.select(Alarm.id).where(Alarm.tell_at <= now)))


def tell_of_alarm(*, alarm_id: int, mailer: Mailer, now: datetime) -> int:
    """Send one mail to each owner and editor; return how many were accepted.

    Commits by itself. One mail accepted is enough; while none is, it is tried again for a day.
    Told again after a crash, the mails have the same Message-IDs.
    """
    with unit_of_work():
        taken = _take(alarm_id, now=now)
    if taken is None:
        return 0
    accepted = 0
    for mail in _mails(taken, now=now):
        try:
            accepted += isinstance(send_one(mailer, mail), Accepted)
        except RelayUnavailable as trouble:
            log.warning("alarm_not_told", alarm_id=alarm_id, reason=str(trouble))
            break
    if accepted:
        with unit_of_work() as session:
            session.get_one(Alarm, alarm_id).tell_at = None
    log.info("alarm_told", alarm_id=alarm_id, mails=accepted)
    return accepted


def _take(alarm_id: int, *, now: datetime) -> OpenAlarm | None:
    """Take the telling in hand; None if it is not due, or nothing waits any more."""
    alarm = db.session.get(Alarm, alarm_id, with_for_update=True, populate_existing=True)
    if alarm is None or alarm.tell_at is None or alarm.tell_at > now:
        return None
    taken = open_alarm(alarm)
    over = taken is None or now - alarm.raised_at > GIVE_UP
    alarm.tell_at = None if over else now + WAIT
    return None if over else taken


def _mails(taken: OpenAlarm, *, now: datetime) -> Iterator[OutgoingMail]:
    publication = db.session.get_one(Publication, taken.alarm.publication_id)
    return staff_mails(
        publication=publication,
        rendered=render_alarm(taken, publication),
        kind="alarm",
        number=taken.alarm.id,
        now=now,
    )


def render_alarm(taken: OpenAlarm, publication: Publication) -> RenderedMail:
    """Return the letter with its one link."""
    feed = taken.alarm.feed
    values = {
        "publication": publication,
        "logo": logo_address(publication.logo, base_url=settings.base_url),
        "where": (feed.title or feed.url) if feed else publication.name,
        "waiting": taken.waiting,
        "reason": taken.alarm.reason,
        "link": f"{settings.base_url}/admin/",
        "colours": palette(publication.accent),
    }

    def part(name: str) -> str:
        return fill(name, language=publication.language, **values)

    return RenderedMail(
        subject=one_line(part("alarm/subject.txt")),
        html=mail_html(part("alarm/body.mjml"), css=part("parts/inline.css")),
        text=part("alarm/body.txt").strip() + "\n",
    )
