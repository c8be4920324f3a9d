"""Handle a notice: find the delivery that our own signature in it names, and note what it says."""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from newsletter.config import settings
from newsletter.deliveries.bounces import record_bounce
from newsletter.deliveries.models import Delivery
from newsletter.extensions import db
from newsletter.feedback.models import Notice, NoticeResult, NoticeSource
from newsletter.feedback.providers.confirmation import asked_visit, visit
from newsletter.feedback.providers.reading import read_event
from newsletter.feedback.unsubscribe_mail import unsubscribe_by_mail
from newsletter.mail.bounce_kinds import BounceReport, ReportKind
from newsletter.mail.bounce_reports import parse_report
from newsletter.mail.message_id import read_message_id
from newsletter.mail.return_path import read_return_path
from newsletter.subscriptions.erase import is_erased
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: A notice that was begun so often and never ended is left alone.
MOST_ATTEMPTS = 5
#: What was received so long ago, and is not handled, has lost its job.
LATE = timedelta(seconds=45)
_AT_ONCE = 200

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
    delivery_id = delivery_named(report)
    if delivery_id is None:
        notice.text = ""  # a stranger's words are nothing to us
        return NoticeResult.STRANGER
    notice.delivery_id = delivery_id
    if is_erased(db.session.get_one(Delivery, delivery_id).subscription.subscriber):
        notice.text = ""
    if report.kind not in _COUNTED:
        return NoticeResult.NOTHING
    changed = record_bounce(delivery_id=delivery_id, report=report, now=now)
    return NoticeResult.CHANGED if changed else NoticeResult.KNOWN


def delivery_named(report: BounceReport) -> int | None:
    """Return the delivery that a report is about, by a signature that only we can have made."""
    keys = settings.secret_keys
    octet_keys = [key.encode() for key in keys]
    found = [read_return_path(path, keys=octet_keys) for path in report.return_paths]
    found += [read_message_id(one, kind="delivery", keys=keys) for one in report.message_ids]
    for number in found:
        if number is not None and _exists(number):
            return number
    return None


def _exists(delivery_id: int) -> bool:
    if delivery_id >= 2**63:
        return False
    return db.session.scalar(sa.select(Delivery.id).where(Delivery.id == delivery_id)) is not None
