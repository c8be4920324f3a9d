"""Tell owners and editors by mail that an alarm holds articles; the overview tells it anyway."""

from datetime import datetime
from functools import partial

import sqlalchemy as sa

from newsletter.articles.alarms import OpenAlarm, open_alarm, told_reason
from newsletter.articles.models import Alarm
from newsletter.extensions import db
from newsletter.mail.mailer import Mailer
from newsletter.mail.templates import RenderedMail
from newsletter.publications.models import Publication
from newsletter.publications.staff_mail import StaffMail, admin_page, render_staff_mail
from newsletter.publications.tell_staff import GIVE_UP, tell_staff


def alarms_to_tell(now: datetime) -> list[int]:
    """Return the ids of the alarms that staff are to be told of now."""
    return list(db.session.scalars(sa.select(Alarm.id).where(Alarm.tell_at <= now)))


def tell_of_alarm(*, alarm_id: int, mailer: Mailer, now: datetime) -> int:
    """Tell each owner and editor of an alarm; return how many mails were accepted."""
    return tell_staff(
        Alarm,
        alarm_id,
        tell_at=Alarm.tell_at,
        look=partial(_look, now=now),
        write=_write,
        mailer=mailer,
        now=now,
    )


def _look(alarm: Alarm, *, now: datetime) -> OpenAlarm | None:
    """Return the alarm if articles wait for it, and not for long."""
    return open_alarm(alarm) if now - alarm.raised_at <= GIVE_UP else None


def _write(told: OpenAlarm) -> StaffMail:
    publication = db.session.get_one(Publication, told.alarm.publication_id)
    return StaffMail(
        kind="alarm",
        number=told.alarm.id,
        publication=publication,
        rendered=render_alarm(told, publication),
    )


def render_alarm(told: OpenAlarm, publication: Publication) -> RenderedMail:
    """Return the letter with its one link."""
    feed = told.alarm.feed
    return render_staff_mail(
        "alarm",
        publication,
        where=(feed.title or feed.url) if feed else publication.name,
        waiting=told.waiting,
        reason=told_reason(told),
        link=admin_page(publication),
    )
