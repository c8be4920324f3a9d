"""Handle a notice: find the mail that our own signature in it names, and note what it says."""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from newsletter.deliveries.bounces import last_success, record_bounce
from newsletter.deliveries.models import Delivery
from newsletter.extensions import db
from newsletter.feedback.models import Notice, NoticeResult, NoticeSource
from newsletter.feedback.named import delivery_named, last_mail_to, letter_named
from newsletter.feedback.providers.confirmation import asked_visit, visit
from newsletter.feedback.providers.reading import read_event
from newsletter.feedback.unsubscribe_mail import unsubscribe_by_mail
from newsletter.mail.bounce_kinds import BounceReport, ReportKind
from newsletter.mail.bounce_reports import parse_report
from newsletter.subscriptions.erase import is_erased
from newsletter.subscriptions.letter_bounces import record_letter_bounce
from newsletter.subscriptions.models import Letter, Subscriber
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: A notice that was begun so often and never ended is left alone.
MOST_ATTEMPTS = 5
#: What was received so long ago, and is not handled, has lost its job.
LATE = timedelta(seconds=45)
_AT_ONCE = 2_000

_COUNTED = (ReportKind.HARD, ReportKind.SOFT, ReportKind.COMPLAINT)


def waiting_notices(*, now: datetime) -> list[int]:
    """Return the ids of notices whose job was lost."""
    statement = (
        sa.select(Notice.id)
        .where(Notice.handled_at.is_(None), Notice.received_at <= now - LATE)
        .order_by(Notice.id)
        .limit(_AT_ONCE)
    )
    return list(db.session.scalars(statement))


def handle_notice(*, notice_id: int, now: datetime) -> NoticeResult | None:
    """Handle one notice, unless it was; commits by itself, and so counts its beginnings.

    Raises:
        NotFetched: an address that SNS asked us to visit did not answer.
    """
    with unit_of_work():
        notice = _begun(notice_id, now=now)
        visited = asked_visit(notice) if notice is not None else ""
    if notice is None:
        return None
    if visited:
        visit(visited)
    with unit_of_work():
        notice = db.session.get(Notice, notice_id, with_for_update=True, populate_existing=True)
        if notice is None or notice.handled_at is not None:
            return None
        result = NoticeResult.VISITED if visited else _handle(notice, now=now)
        _end(notice, result, now=now)
    log.info("notice_handled", notice_id=notice_id, source=notice.source.value, result=result.value)
    return result


def _begun(notice_id: int, *, now: datetime) -> Notice | None:
    notice = db.session.get(Notice, notice_id, with_for_update=True, populate_existing=True)
    if notice is None or notice.handled_at is not None:
        return None
    if notice.attempts >= MOST_ATTEMPTS:
        _end(notice, NoticeResult.GIVEN_UP, now=now)
        log.error("notice_given_up", notice_id=notice_id, source=notice.source.value)
        return None
    notice.attempts += 1
    return notice


def _end(notice: Notice, result: NoticeResult, *, now: datetime) -> None:
    """Note the result; what came in names people, and is not kept."""
    notice.result, notice.handled_at, notice.payload = result, now, b""


def _handle(notice: Notice, *, now: datetime) -> NoticeResult:
    if notice.source is NoticeSource.MAIL:
        if unsubscribe_by_mail(octets=notice.payload, now=now):
            return NoticeResult.UNSUBSCRIBED
        report = parse_report(notice.payload)
    else:
        report = read_event(notice.source, notice.payload)
    notice.text = report.line
    if report.kind is ReportKind.UNCLEAR:
        return NoticeResult.UNCLEAR
    vouched = notice.source is not NoticeSource.MAIL
    delivery_id, letter_id = _about(report, vouched=vouched, now=now)
    if delivery_id is None and letter_id is None:
        notice.text = ""  # a stranger's words are nothing to us
        return NoticeResult.STRANGER
    notice.delivery_id = delivery_id
    if delivery_id is None or is_erased(_reader(delivery_id, letter_id)):
        notice.text = ""  # of a letter, its own row keeps the words until the reader is erased
    if report.kind not in _COUNTED:
        return NoticeResult.NOTHING
    if delivery_id is not None:
        changed = record_bounce(delivery_id=delivery_id, report=report, now=now) is not None
    else:
        changed = _record_letter(letter_id, report, now=now)
    return NoticeResult.CHANGED if changed else NoticeResult.KNOWN


def _about(report: BounceReport, *, vouched: bool, now: datetime) -> tuple[int | None, int | None]:
    """Return the delivery, or else the letter, that a report is about."""
    delivery_id = delivery_named(report, vouched=vouched)
    letter_id = letter_named(report, vouched=vouched) if delivery_id is None else None
    if delivery_id is None and letter_id is None:
        return last_mail_to(report, now=now)
    return delivery_id, letter_id


def _reader(delivery_id: int | None, letter_id: int | None) -> Subscriber:
    """Return who got the delivery, or else the letter."""
    mail: Delivery | Letter
    if delivery_id is not None:
        mail = db.session.get_one(Delivery, delivery_id)
    else:
        mail = db.session.get_one(Letter, letter_id)
    return mail.subscription.subscriber


def _record_letter(letter_id: int | None, report: BounceReport, *, now: datetime) -> bool:
    letter = db.session.get(Letter, letter_id)
    if letter is None:
        return False
    arrived = last_success(subscriber_id=letter.subscription.subscriber_id, now=now)
    return record_letter_bounce(letter_id=letter.id, report=report, last_success=arrived, now=now)
