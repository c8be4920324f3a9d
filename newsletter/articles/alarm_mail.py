"""Tell owners and editors by mail that an alarm holds articles; the overview tells it anyway."""

from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.articles.alarms import OpenAlarm, open_alarm
from newsletter.articles.models import Alarm
from newsletter.config import settings
from newsletter.extensions import db
from newsletter.mail.mailer import Mailer
from newsletter.mail.templates import RenderedMail
from newsletter.publications.models import Publication
from newsletter.publications.staff_mail import GIVE_UP, WAIT, mail_staff, render_staff_mail
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()


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
    publication = db.session.get_one(Publication, taken.alarm.publication_id)
    accepted = mail_staff(
        publication=publication,
        rendered=render_alarm(taken, publication),
        kind="alarm",
        number=alarm_id,
        mailer=mailer,
        now=now,
    )
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


def render_alarm(taken: OpenAlarm, publication: Publication) -> RenderedMail:
    """Return the letter with its one link."""
    feed = taken.alarm.feed
    return render_staff_mail(
        "alarm",
        publication,
        where=(feed.title or feed.url) if feed else publication.name,
        waiting=taken.waiting,
        reason=taken.alarm.reason,
        link=f"{settings.base_url}/admin/",
    )
