"""Read a stored event in the words of its provider."""

from collections.abc import Callable
from typing import Any

from newsletter.feedback.models import NoticeSource
from newsletter.feedback.providers import mailgun, postmark, resend, sendgrid, ses
from newsletter.feedback.providers.json_body import Malformed, json_of, object_of
from newsletter.mail.bounce_kinds import BounceReport, ReportKind

_READERS: dict[NoticeSource, Callable[[dict[str, Any]], BounceReport]] = {
    NoticeSource.SES: ses.read,
    NoticeSource.POSTMARK: postmark.read,
    NoticeSource.MAILGUN: mailgun.read,
    NoticeSource.SENDGRID: sendgrid.read,
    NoticeSource.RESEND: resend.read,
}


def read_event(source: NoticeSource, payload: bytes) -> BounceReport:
    """Return what an event of a provider says."""
    try:
        return _READERS[source](object_of(json_of(payload)))
    except Malformed:
        return BounceReport(kind=ReportKind.UNCLEAR)
