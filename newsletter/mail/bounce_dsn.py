"""Delivery reports (RFC 3464, internationalised RFC 6533): one group of fields per recipient."""

from newsletter.mail.bounce_kinds import MILDEST_FIRST, BounceReport, ReportKind, shown_words
from newsletter.mail.bounce_parts import fields_of
from newsletter.mail.bounce_status import judge, status_in

#: RFC 3464 §2.3.3.
_NOT_FAILED = {
    "delayed": ReportKind.DELAYED,
    "delivered": ReportKind.ARRIVED,
    "relayed": ReportKind.ARRIVED,
    "expanded": ReportKind.ARRIVED,
}


def read_status(text: str) -> BounceReport:
    """Return what a message/delivery-status says.

    Where it names several recipients the mildest counts: an address that reaches several people
    is not dead because one of them is.
    """
    groups = fields_of(text)
    about_recipients = [one for one in groups if "action" in one or "status" in one]
    if not about_recipients:
        return BounceReport(kind=ReportKind.UNCLEAR)
    found = [_of_recipient(one) for one in about_recipients]
    mildest = min(found, key=lambda one: MILDEST_FIRST.index(one.kind))
    return BounceReport(
        kind=mildest.kind,
        status=mildest.status,
        text=mildest.text,
        return_paths=tuple(path for one in groups if (path := _sender(one))),
    )


def _of_recipient(fields: dict[str, str]) -> BounceReport:
    action = fields.get("action", "").split(" ")[0].lower()
    status = status_in(fields.get("status", "").partition("(")[0])
    words = fields.get("diagnostic-code", "").partition(";")[2].strip()
    kind = _NOT_FAILED.get(action) or judge(status=status, words=words)
    if kind is ReportKind.UNCLEAR:
        kind = ReportKind.SOFT  # it says that it failed, and not why
    return BounceReport(kind=kind, status=status, text=shown_words(words))


def _sender(fields: dict[str, str]) -> str:
    """Return the envelope sender of our mail where the report tells it, as Postfix does."""
    return fields.get("x-postfix-sender", "").partition(";")[2].strip()
