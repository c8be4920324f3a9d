"""Reports without a part for machines: read by the fields in their text, else by their words."""

import re
from email.message import Message

from newsletter.mail.bounce_dsn import read_status
from newsletter.mail.bounce_kinds import BounceReport, ReportKind, shown_words
from newsletter.mail.bounce_parts import Part, fields_of, header
from newsletter.mail.bounce_status import judge, smtp_code, status_in

_SYSTEM = re.compile(
    r"\b(?:mailer-daemon|mail delivery|postmaster|mail administrator)\b", re.IGNORECASE
)
_RETURNED = re.compile(
    r"undeliver|returned mail|delivery (?:status|failure|has failed)|failure notice|"
    r"mail delivery failed|delivery incomplete|could not be delivered",
    re.IGNORECASE,
)
_STILL_TRYING = re.compile(
    r"will be retried|still being retried|(?:do )?not need to re-?send|temporary problem|"
    r"delivery (?:is |has been )?delayed|warning only|keep(?:s)? trying|has not yet been delivered",
    re.IGNORECASE,
)
#: Where a report of qmail, of Exim or of others begins to quote our own mail.
_QUOTE = re.compile(
    r"^(?:-{2,40}.{0,60}(?:original|copy|below this line|returned|header).{0,60}"
    r"|(?:return-path|received):)",
    re.IGNORECASE | re.MULTILINE,
)
#: A line that carries a code, or says that this is final.
_TELLING = re.compile(r"\b[45]\d\d[ -]|\b[45]\.\d{1,3}\.\d{1,3}\b|permanent (?:fatal )?error", re.I)
_TEXT_TYPES = ("plain", "html")
_MOST_CHARACTERS = 20_000


def read_words(message: Message, parts: list[Part]) -> BounceReport:
    """Return what a report in plain words says; unclear if it does not look like one."""
    whole = "\n\n".join(part.text for part in parts if part.type in _TEXT_TYPES)
    text = whole[:_MOST_CHARACTERS]
    own_words = _QUOTE.split(text, maxsplit=1)[0]
    if not _comes_from_a_mail_system(message):
        return BounceReport(kind=ReportKind.UNCLEAR)
    fields = [one for one in fields_of(text) if "action" in one]
    if any("final-recipient" in one or "status" in one for one in fields):
        return read_status(text)
    if _STILL_TRYING.search(own_words) or _STILL_TRYING.search(header(message, "Subject")):
        return BounceReport(kind=ReportKind.DELAYED)
    return _by_codes(own_words)


def _comes_from_a_mail_system(message: Message) -> bool:
    return (
        "X-Failed-Recipients" in message
        or bool(_SYSTEM.search(header(message, "From")))
        or bool(_RETURNED.search(header(message, "Subject")))
    )


def _by_codes(words: str) -> BounceReport:
    lines = words.splitlines()
    told = next((number for number, line in enumerate(lines) if _TELLING.search(line)), None)
    around = " ".join(lines[told : told + 3]) if told is not None else words
    kind = judge(status=status_in(around), words=around if smtp_code(around) else words)
    if told is None and kind is ReportKind.HARD and not _says_unknown(words):
        kind = ReportKind.SOFT  # it came back, and nothing says for good
    return BounceReport(kind=kind, status=status_in(around), text=shown_words(around))


def _says_unknown(words: str) -> bool:
    """Say whether the words alone tell that nobody is there."""
    return bool(
        re.search(
            r"\b(?:unknown|no such|not exist|doesn't exist|not found|no mailbox)\b", words, re.I
        )
    )
