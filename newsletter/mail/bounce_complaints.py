"""Complaints (ARF, RFC 5965): what a mail provider tells of a reader who called a mail spam."""

from newsletter.mail.bounce_kinds import BounceReport, ReportKind, shown_words
from newsletter.mail.bounce_parts import fields_of

#: RFC 5965 §7.3 and RFC 6430 (not-spam). `auth-failure` (RFC 6591) tells of our signature; what
#: is not known counts as "other", as §3.3 asks.
_NO_COMPLAINT = {
    "not-spam": ReportKind.ARRIVED,
    "auth-failure": ReportKind.ABOUT_US,
    "virus": ReportKind.ABOUT_US,
}


def read_complaint(text: str) -> BounceReport:
    """Return what a message/feedback-report says."""
    groups = fields_of(text)
    fields = groups[0] if groups else {}
    feedback = fields.get("feedback-type", "").lower()
    if not feedback:
        return BounceReport(kind=ReportKind.UNCLEAR)  # RFC 5965 §3.1: the field is required
    return BounceReport(
        kind=_NO_COMPLAINT.get(feedback, ReportKind.COMPLAINT),
        text=shown_words(f"{feedback}, told by {fields.get('user-agent', 'a mail provider')}"),
        return_paths=tuple(filter(None, [fields.get("original-mail-from", "")])),
    )
