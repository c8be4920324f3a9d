"""Hard, soft or about us: what status code, SMTP code and words say of a mail that was refused.

Pure. Sources: RFC 3463 and the registry of RFC 5248 (enhanced codes), RFC 7293 (mailboxes that
changed hands), RFC 7505 (null MX), and the vendors' pages named beside their rows. The class digit
alone does not decide: many servers call a full mailbox permanent (5.2.2), which it is not, and
most call a sender of bad repute permanent (5.7.1), which says nothing of the reader.
"""

import re
from typing import NamedTuple

from newsletter.mail.bounce_kinds import ReportKind
from newsletter.mail.relay_reactions import about_us, without_addresses
from newsletter.mail.reply_words import FULL, OUR_MAIL, OUR_SENDER, UNKNOWN

_SMTP_CODE = re.compile(r"(?:^|[^\d.])([245]\d\d)(?=[- ]|$)")
_WEB_ADDRESS = re.compile(r"https?://\S+")
_ENHANCED = re.compile(r"(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")


class _Row(NamedTuple):
    """One row of the table; what is empty matches everything. The first row that matches counts."""

    kind: ReportKind
    status: str = ""  # as a regular expression
    words: str = ""  # found anywhere in the text, whatever its case
    code: str = ""  # as a regular expression


_NO_DETAIL = r"(?:|5\.0\.0)"
_TABLE = (
    # RFC 7293 §5.2: the mailbox (X.7.17) or the domain (X.7.18) has another owner by now.
    _Row(ReportKind.HARD, r"5\.7\.1[78]"),
    # RFC 3463 §3.2: our own address is what is bad; registry: X.1.8, X.1.7.
    _Row(ReportKind.ABOUT_US, r"5\.1\.[78]"),
    # RFC 7505 §4.1: X.1.10 says that the domain takes no mail at all.
    _Row(ReportKind.HARD, r"5\.1\.\d+"),
    # RFC 3463 §3.3: X.2.1 disabled, X.2.2 full, X.2.3 too long for this box, X.2.4 a list.
    _Row(ReportKind.HARD, r"5\.2\.1"),
    _Row(ReportKind.ABOUT_US, r"5\.2\.3"),
    _Row(ReportKind.SOFT, r"5\.2\.\d+"),
    # X.3.4: the message is too big for the system.
    _Row(ReportKind.ABOUT_US, r"5\.3\.4"),
    # Microsoft, "NDR error codes": 5.4.1 recipient address rejected, access denied (no such
    # mailbox); 5.4.310 the domain does not exist. Postfix and Gmail: 5.4.4, host not found.
    _Row(ReportKind.HARD, r"5\.4\.(?:1|310|4)"),
    _Row(ReportKind.SOFT, r"5\.4\.\d+"),
    # X.5.x protocol, X.6.x content: this mail, or how we send.
    _Row(ReportKind.ABOUT_US, r"5\.[56]\.\d+"),
    # X.3.x: the system there, unless it says whom it means.
    _Row(ReportKind.SOFT, r"5\.3\.\d+", FULL),
    _Row(ReportKind.HARD, r"5\.3\.\d+", UNKNOWN),
    _Row(ReportKind.SOFT, r"5\.3\.\d+"),
    # No detail: the words have to do, and else the class (RFC 3463 §2: 5 is permanent).
    _Row(ReportKind.SOFT, _NO_DETAIL, FULL),
    _Row(ReportKind.ABOUT_US, _NO_DETAIL, OUR_SENDER),
    _Row(ReportKind.HARD, _NO_DETAIL, UNKNOWN),
    _Row(ReportKind.ABOUT_US, _NO_DETAIL, OUR_MAIL),
    # RFC 5321 §4.2.3: 500 to 504 and 555 are about commands, 552 about the size of a mail.
    _Row(ReportKind.ABOUT_US, _NO_DETAIL, code="(?:50[0-4]|552|555)"),
    _Row(ReportKind.HARD),
)


def judge(*, status: str = "", words: str = "") -> ReportKind:
    """Return what a refusal says; `status` is that of the report, `words` the server's own.

    The server's own enhanced code counts more than what the reporting one made of it, unless it
    says nothing.
    """
    code = smtp_code(words)
    said = status_in(words)
    if said and not said.endswith(".0.0"):
        status = said
    status = status or said
    if status.startswith("4") or (not status and code.startswith("4")):
        return ReportKind.SOFT
    if status.startswith("2"):
        return ReportKind.ARRIVED
    if not status and not code and not words.strip():
        return ReportKind.UNCLEAR
    plain = _WEB_ADDRESS.sub("", without_addresses(words))  # whose names may be any words
    row = next(row for row in _TABLE if _matches(row, status, code, plain))
    if row.kind is not ReportKind.HARD or status.startswith(("5.1.", "5.2.", "5.7.17", "5.7.18")):
        return row.kind
    return ReportKind.ABOUT_US if about_us(_Said(int(code or 550), status, words)) else row.kind


def status_in(words: str) -> str:
    """Return the first enhanced status code in a server's words, or nothing."""
    found = _ENHANCED.search(words)
    return found[1] if found else ""


def smtp_code(words: str) -> str:
    """Return the first SMTP code in a server's words, or nothing."""
    found = _SMTP_CODE.search(words)
    return found[1] if found else ""


class _Said(NamedTuple):
    """The refusal as the table of relays' answers reads it."""

    code: int
    enhanced: str
    text: str
    to_content: bool = False  # a report does not say


def _matches(row: _Row, status: str, code: str, words: str) -> bool:
    return (
        (not row.status or bool(re.fullmatch(row.status, status)))
        and (not row.words or bool(re.search(row.words, words, re.IGNORECASE)))
        and (not row.code or bool(re.fullmatch(row.code, code)))
    )
