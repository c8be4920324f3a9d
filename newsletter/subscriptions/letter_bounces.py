"""What came back about a letter, and what follows for the address it went to.

The same as of a digest's mail: a hard bounce silences the address at once, a soft one is a point,
a complaint silences it everywhere. Who has not confirmed is not asked again then, and is
deleted after seven days as everybody who does not confirm.
"""

from datetime import datetime

import structlog

from newsletter.extensions import db
from newsletter.mail.bounce_kinds import BounceReport, ReportKind, shown_words
from newsletter.mail.bounce_status import judge, status_in
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.erase import is_erased
from newsletter.subscriptions.former_address import address_at
from newsletter.subscriptions.letter_contents import address_of
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    LetterState,
    Source,
    SubscriptionState,
)
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.soft_points import add_soft_point
from newsletter.suppressions.suppress import suppress

log = structlog.get_logger()

_STATES = {
    ReportKind.HARD: LetterState.BOUNCED,
    ReportKind.SOFT: LetterState.SENT,  # it may yet arrive, and her next one
    ReportKind.COMPLAINT: LetterState.COMPLAINED,
}
#: Letters whose address their change of address says, which may be forgotten by now.
_ELSEWHERE = (LetterKind.NEW_ADDRESS, LetterKind.ADDRESS_CHANGED)


def record_letter_bounce(
    *, letter_id: int, report: BounceReport, last_success: datetime | None, now: datetime
) -> bool:
    """Note what a report says of one letter, once, and act on it; say whether it was news.

    Args:
        last_success: when mail last arrived at the reader's address.
    """
    letter = db.session.get(Letter, letter_id, with_for_update=True, populate_existing=True)
    state = _STATES.get(report.kind)
    if letter is None or state is None or _is_known(letter, report.kind):
        return False
    # A report may be faster than the note that the relay accepted the letter.
    letter.sent_at, letter.lease_until = letter.sent_at or now, None
    letter.state, letter.reason = state, report.line or report.kind.value
    db.session.flush()
    _act(letter, report, last_success=last_success, now=now)
    log.info("letter_came_back", letter_id=letter_id, kind=report.kind.value)
    return True


def record_refusal(letter: Letter, *, reply: str, now: datetime) -> None:
    """Note a letter that the relay refused for good: a bounce like one that comes back later."""
    kind, status = judge(words=reply), status_in(reply)
    report = BounceReport(kind=kind, status=status, text=shown_words(reply))
    letter.state, letter.reason = LetterState.FAILED, report.text
    _act(letter, report, last_success=None, now=now)


def _is_known(letter: Letter, kind: ReportKind) -> bool:
    """Whether the same was told before, or worse; a refused letter never was on its way."""
    if letter.state in (LetterState.FAILED, LetterState.SKIPPED, LetterState.COMPLAINED):
        return True
    if kind is ReportKind.SOFT:
        return letter.state is LetterState.BOUNCED or bool(letter.sent_at and letter.reason)
    return kind is ReportKind.HARD and letter.state is LetterState.BOUNCED


def _address(letter: Letter, *, now: datetime) -> str | None:
    """Return where it went; None if nobody can tell any more, or she is erased."""
    subscriber, address = letter.subscription.subscriber, address_of(letter)
    if is_erased(subscriber):
        return None
    if letter.kind in _ELSEWHERE:
        return None if address == subscriber.email else address
    return address_at(subscriber=subscriber, moment=letter.sent_at or now)


def _act(
    letter: Letter, report: BounceReport, *, last_success: datetime | None, now: datetime
) -> None:
    subscription, address = letter.subscription, _address(letter, now=now)
    if address is None:
        return
    hers = address == subscription.subscriber.email
    note = f"letter ({letter.kind.value.replace('_', ' ')}): {report.line}"
    if report.kind is ReportKind.HARD:
        suppress(address=address, reason=SuppressionReason.HARD_BOUNCE, note=note, now=now)
    elif report.kind is ReportKind.SOFT:
        add_soft_point(
            address=address, now=now, last_success=last_success if hers else None, note=note
        )
    elif report.kind is ReportKind.COMPLAINT:
        suppress(address=address, reason=SuppressionReason.COMPLAINT, note=note, now=now)
        if hers and subscription.state is SubscriptionState.CONFIRMED:
            came_by = RequestEvidence(Source.COMPLAINT)
            unsubscribe(subscription=subscription, request=came_by, now=now)
