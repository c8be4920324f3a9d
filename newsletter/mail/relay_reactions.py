"""What an answer says of the relay and of us: go on, slow down, be silent, or stop.

Pure: an answer in, a reaction out. Sources: RFC 5321 (421), RFC 3463 and the registry of RFC 5248
(enhanced codes), RFC 4954 §6 (sign-in), RFC 3207 §4 (STARTTLS), and the vendors' pages that stand
beside their rows.
"""

import re
from enum import StrEnum
from functools import cache
from typing import NamedTuple, Protocol

from newsletter.mail.reply_words import FULL, OUR_MAIL, OUR_SENDER, UNKNOWN

_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
_SHOWN = 300  # characters of an answer that staff read
#: The code of what no server said: that TLS or a way to sign in is not offered or not valid.
NOBODY_SAID = 0


class Answer(Protocol):
    """What is read of a reply."""

    @property
    def code(self) -> int:
        """Three digits, or NOBODY_SAID."""

    @property
    def enhanced(self) -> str:
        """The RFC 3463 code ("4.7.28"), or nothing."""

    @property
    def text(self) -> str:
        """The server's words, its lines joined."""

    @property
    def to_content(self) -> bool:
        """Whether it answers a content, or DATA, whose recipient was taken before."""


class Reaction(StrEnum):
    """What a relay's answer asks of all who use the relay."""

    NONE = "none"  # it is about one mail or one reader
    WELL = "well"  # it took a mail
    SLOW_DOWN = "slow_down"  # fewer connections, and no more of them for a while
    SILENCE = "silence"  # nothing for at least ten minutes, then one connection
    PAUSE = "pause"  # we cannot sign in, or the connection cannot be protected: staff must look
    STOP = "stop"  # it refuses us: a few of these within a minute, and staff must release it


class Row(NamedTuple):
    """One row of the table; what is empty matches everything. The first row that matches counts."""

    reaction: Reaction
    codes: str = ""  # digits, as a regular expression
    enhanced: str = ""  # likewise
    words: str = ""  # found anywhere in the text, whatever its case
    to_content: bool = False  # only what answers a content

    def matches(self, answer: Answer) -> bool:
        """Say whether the row is about such an answer."""
        return (
            (not self.codes or bool(re.fullmatch(self.codes, str(answer.code))))
            and (not self.enhanced or bool(re.fullmatch(self.enhanced, answer.enhanced)))
            and (not self.words or bool(re.search(self.words, answer.text, re.IGNORECASE)))
            and (not self.to_content or answer.to_content)
        )


#: No enhanced code, or one that says nothing.
_NO_DETAIL = r"(?:|5\.0\.0)"

TABLE = (
    # Sign-in and encryption: nothing about any mail, and no waiting mends it.
    # RFC 4954 §6: 530, 534, 535, 538; 454 and 432 for the moment. RFC 3207 §4: 454.
    Row(Reaction.PAUSE, f"(?:{NOBODY_SAID}|432|454|530|534|535|538)"),
    # RFC 5248's registry: X.7.8 credentials, X.7.10 and X.7.11 encryption; X.7.9 and X.7.12 only by
    # their codes above, since Yahoo and Microsoft give them other meanings. Microsoft: 5.7.57
    # "Client not authenticated", 5.7.3 "Authentication unsuccessful".
    Row(Reaction.PAUSE, "5..", r"5\.7\.(?:8|10|11|57)"),
    Row(Reaction.PAUSE, "5..", r"5\.7\.3", "authenticat"),
    # Greylisting tells one sender and one reader to come again, by any code (RFC 6647 §2.1).
    Row(Reaction.NONE, "4..", "", r"gr[ae]y-?\s?list"),
    # Gmail, "SMTP error reference": 450 4.2.1, the *reader's* box takes mail too quickly. Anybody
    # can flood a box of her own, so this must never silence a relay.
    Row(Reaction.NONE, "[45]..", "", r"user you are trying to contact is receiving mail"),
    # RFC 3463 §3.2, §3.3: the reader's address, her full or busy box ("too many messages").
    Row(Reaction.NONE, "4..", r"4\.(?:1\.\d+|2\.[02-9])"),
    # Our own idle or slow connection ended (RFC 3463 §3.5, X.4.2); a fresh one serves.
    Row(Reaction.NONE, "421", r"4\.4\.2"),
    # Throttling by code. Gmail and RFC 5248's registry: X.7.28, mail flood detected.
    Row(Reaction.SILENCE, "4..", r"4\.7\.28"),
    # Microsoft, "Fix email delivery issues for error code 451 4.7.500-699 (ASxxx)": an address
    # whose sending pattern changed; 4.7.850-899 the same for a range.
    Row(Reaction.SILENCE, "4..", r"4\.7\.(?:[56]\d\d|8[5-9]\d)"),
    # Outlook.com postmaster: RP-001 … RP-003, rate and connection limits by reputation.
    Row(Reaction.SILENCE, "4..", "", r"\bRP-00\d\b"),
    # Yahoo, "SMTP error codes": TSS04, TSS05, TS01 … – volume or complaints.
    Row(Reaction.SILENCE, "4..", "", r"\[TSS?\d\d\]"),
    # Comcast: RL000001 …; it and others say it in words.
    Row(Reaction.SILENCE, "4..", "", r"\bRL0000\d\d\b"),
    Row(Reaction.SLOW_DOWN, "4..", "", r"(?:too many|number of).{0,30}(?:connections|sessions)"),
    Row(Reaction.SILENCE, "4..", "", r"unusual rate|rate.?limit|throttl|unexpected volume"),
    Row(Reaction.SILENCE, "4..", "", r"too (?:many|much) (?:messages|mails?|emails)\b"),
    Row(Reaction.SILENCE, "4..", "", r"(?:sending|mails?|messages?)\b.{0,20}\btoo (?:fast|quick)"),
    Row(Reaction.SILENCE, "4..", r"4\.2\.1", r"\brate\b"),
    # It may be the content or us; both are a reason to send less (RFC 3463 §3.8).
    Row(Reaction.SLOW_DOWN, "4..", r"4\.7\.\d+"),
    # RFC 5321 §3.8: the server closes the channel, for want of resources or at a limit.
    Row(Reaction.SLOW_DOWN, "421"),
    # RFC 7293: a box or domain that changed hands. About one reader, whatever the class says.
    Row(Reaction.NONE, "5..", r"5\.7\.1[78]"),
    # RFC 3463 §3.8 and RFC 7372: policy, reputation, authentication of our domain.
    Row(Reaction.STOP, "5..", r"5\.7\.\d+"),
    # Outlook.com postmaster: SC-, DY- and OU-00x say so without an enhanced code.
    Row(Reaction.STOP, "5..", _NO_DETAIL, r"\b(?:SC|DY|OU)-00\d\b"),
    Row(Reaction.STOP, "5..", _NO_DETAIL, r"spamhaus|\b(?:dns|r)bl\b|(?:block|black) ?list"),
    # Our sender is unknown or locked there: the next reader's mail is refused as this one's.
    Row(Reaction.STOP, "5..", _NO_DETAIL, OUR_SENDER),
    # Refused after its recipient was taken, for what it is: the next reader's is the same. Not
    # where the words say that she is the reason, nor where they say nothing.
    Row(Reaction.NONE, "5..", _NO_DETAIL, f"{FULL}|{UNKNOWN}"),
    Row(Reaction.STOP, "5..", _NO_DETAIL, OUR_MAIL, to_content=True),
    # RFC 5321 §4.2.3: 552 size. RFC 3463 §3.4, §3.6, §3.7: X.3.4 size, protocol, content.
    Row(Reaction.STOP, "552", _NO_DETAIL, to_content=True),
    Row(Reaction.STOP, "5..", r"5\.(?:3\.4|[56]\.\d+)", to_content=True),
)


def reaction(answer: Answer) -> Reaction:
    """Return what the answer asks of all who use the relay."""
    if 200 <= answer.code < 300:  # by far the most, and asked for each mail
        return Reaction.WELL
    rows = _rows(answer.code)
    return next((row.reaction for row in rows if row.matches(answer)), Reaction.NONE)


def about_us(answer: Answer) -> bool:
    """Say whether a refusal is about the sender or the relay: the mail waits, unharmed.

    Every 5.7.x counts, even those that `reaction` does not count towards a stop: to try a mail
    again costs little, to call a reader's address bad for our own reputation costs a reader.
    """
    return answer.enhanced.startswith("5.7.") or reaction(answer) not in (
        Reaction.NONE,
        Reaction.WELL,
    )


def is_silent_of_her(answer: Answer) -> bool:
    """Say whether a refusal came after its recipient was taken, and gives no word about her."""
    return (
        answer.to_content
        and 500 <= answer.code < 600
        and bool(re.fullmatch(_NO_DETAIL, answer.enhanced))
        and not re.search(f"{FULL}|{UNKNOWN}", answer.text, re.IGNORECASE)
    )


@cache
def _rows(code: int) -> tuple[Row, ...]:
    return tuple(row for row in TABLE if not row.codes or re.fullmatch(row.codes, str(code)))


def said(answer: Answer) -> str:
    """Return the answer in one line, its enhanced code once and no address in it."""
    words = answer.text
    if answer.enhanced and not words.startswith(answer.enhanced):
        words = f"{answer.enhanced} {words}"
    shown = without_addresses(words)
    if len(shown) > _SHOWN:
        shown = shown[: _SHOWN - 1].rstrip() + "…"
    return f"{answer.code or ''} {shown}".strip()


def without_addresses(words: str) -> str:
    """Return the words of a server with what looks like an address left out."""
    return _ADDRESS.sub("…@…", words) if "@" in words else words
