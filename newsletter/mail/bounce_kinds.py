"""What a report about one of our mails may say, and what is kept of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.mail.relay_reactions import without_addresses

#: Characters of a report's words that staff read.
LONGEST_TEXT = 500


class ReportKind(StrEnum):
    """What a report says. Only the first three count against a reader's address."""

    HARD = "hard"  # this address takes no mail, now or later
    SOFT = "soft"  # it took none this time
    COMPLAINT = "complaint"  # the reader called it spam
    ABOUT_US = "about_us"  # refused for our reputation, our signature or this mail's content
    DELAYED = "delayed"  # still being tried
    ARRIVED = "arrived"  # delivered, relayed or handed on
    AUTO_REPLY = "auto_reply"  # somebody is on holiday
    UNCLEAR = "unclear"  # nothing that we understand


#: From the mildest on: what several recipients of one mail have in common.
MILDEST_FIRST = (
    ReportKind.ARRIVED,
    ReportKind.DELAYED,
    ReportKind.ABOUT_US,
    ReportKind.SOFT,
    ReportKind.HARD,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceReport:
    """One report. A mail's word for its recipient is not kept: only our own signatures bind it."""

    kind: ReportKind
    status: str = ""  # RFC 3463, such as "5.1.1"
    text: str = ""  # the server's words in one line, no address in them
    #: Addresses that may be a return path of ours, and Message-IDs that may be ours, as found.
    return_paths: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    #: Tokens that links to unsubscribe end with, as found in what was returned of the mail.
    leaving_tokens: tuple[str, ...] = ()
    #: Whom, and when: only from a provider that signs its events and returns nothing of ours.
    recipient: str = ""
    mailed_at: datetime | None = None

    @property
    def line(self) -> str:
        """Status and words, the status once."""
        return self.text if self.status in self.text else f"{self.status} {self.text}".strip()


def shown_words(words: str) -> str:
    """Return somebody else's words as one short printable line without addresses."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
    line = without_addresses(line[: LONGEST_TEXT * 4])
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1].rstrip() + "…"
