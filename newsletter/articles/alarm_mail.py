"""Tell owners and editors by mail that an alarm holds articles; the overview tells it anyway."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from newsletter.articles.alarms import OpenAlarm, open_alarm
from newsletter.articles.models import Alarm
from newsletter.config import settings
from newsletter.extensions import db
from newsletter.mail.addresses import AddressError, ascii_address, ascii_domain
from newsletter.mail.headers import letter_headers
from newsletter.mail.html import mail_html
from newsletter.mail.logo import logo_address
from newsletter.mail.mailer import Accepted, Mailer, OutgoingMail, RelayUnavailable, send_one
from newsletter.mail.markers import Markers, Placeholder
from newsletter.mail.message import compile_message
from newsletter.mail.message_id import message_id
from newsletter.mail.palette import palette
from newsletter.mail.templates import RenderedMail, fill, one_line
from newsletter.publications.dkim_keys import signer_of
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: Whoever tells it has so long, longer than the task's limit, as a relay may take ten minutes to
#: answer; then, if nobody took the mail, it is tried again.
WAIT = timedelta(minutes=12)
#: After so long the overview has to do.
GIVE_UP = timedelta(days=1)

# Columns by name: the staff models bring the sign-in library, which no worker uses.
_staff = sa.table("staff", *(sa.column(name) for name in ("id", "email", "role", "active")))
_TOLD_ROLES = ("owner", "editor")


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
    alarm = taken.alarm
    publication = db.session.get_one(Publication, alarm.publication_id)
    sender = ascii_address(publication.from_email)
    signer, markers = signer_of(publication, now=now), Markers.fresh()
    rendered = render_alarm(taken, publication)
    headers = letter_headers(
        markers=markers,
        from_name=publication.from_name,
        from_email=publication.from_email,
        reply_to=None,
        subject=rendered.subject,
        date=now,
    )
    message = compile_message(
        headers=headers, text=rendered.text, html=rendered.html, markers=markers
    )
    for staff_id, recipient in _recipients():
        values = {
            Placeholder.ADDRESS: recipient,
            Placeholder.MESSAGE_ID: message_id(
                kind=f"alarm-{staff_id}",
                number=alarm.id,
                domain=ascii_domain(sender.rpartition("@")[2]),
                key=settings.secret_keys[-1],
            ),
        }
        yield OutgoingMail(
            id=f"alarm-{staff_id}",
            sender=sender,
            recipient=recipient,
            content=signer.sign(message.stamp(values)),
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


def _recipients() -> Iterator[tuple[int, str]]:
    """Yield who is told; an address that no mail can carry is passed over."""
    rows = db.session.execute(
        sa.select(_staff.c.id, _staff.c.email)
        .where(_staff.c.role.in_(_TOLD_ROLES), _staff.c.active.is_(sa.true()))
        .order_by(_staff.c.id)
    ).all()
    for staff_id, email in rows:
        try:
            yield staff_id, ascii_address(email)
        except AddressError:
            log.warning("alarm_not_told", staff_id=staff_id, reason="the address cannot be used")
