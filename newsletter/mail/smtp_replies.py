"""What a reply of a mail server means for the mail it answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from newsletter.mail.encoded_words import one_line
from newsletter.mail.outgoing import (
    Deferred,
    Outcome,
    Refused,
    RelayUnavailable,
    enhanced_code,
)
from newsletter.mail.relay_reactions import about_us, is_silent_of_her

_LONGEST_LINE = 8192  # octets; RFC 5321 §4.5.3.1.5 asks for 512
_MOST_LINES = 100
_SHOWN = 500  # characters of a reply worth keeping
CLOSING = 421  # RFC 5321 §3.8
_SIGN_IN = frozenset({530, 534, 535, 538})  # RFC 4954 §6: about us, never about a reader
_TOO_LARGE = 552


class Step(StrEnum):
    """Which command a reply answers."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    CONTENT = "CONTENT"
    RSET = "RSET"
    LONE_DOT = "LONE_DOT"  # the end of a content that nobody is to get


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply with its lines joined into one."""

    code: int
    text: str
    to_content: bool = False  # it answers a content, or DATA: its recipient was taken before

    @classmethod
    def of(cls, code: int, text: bytes) -> "Reply":
        """Read the words after the code."""
        words = text.decode("utf-8", "replace")
        if not words.isprintable() or not words.isascii():
            words = one_line(words)
        return cls(code, words[:_SHOWN])

    @property
    def enhanced(self) -> str:
        """The RFC 3463 code of the reply ("4.7.28"), or nothing."""
        return enhanced_code(self.text) or ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


class BrokenReply(Exception):
    """What the server wrote is no SMTP reply."""


class ReplyReader:
    """Cuts what a server writes, wherever the network cut it, into replies (RFC 5321 §4.2)."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._code = b""

    def feed(self, data: bytes) -> Iterator[Reply]:
        """Yield the replies that are whole by now.

        Raises:
            BrokenReply.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            raise BrokenReply("a line of its reply does not end")
        for line in lines:
            reply = (not self._lines and _whole_reply(line)) or self._line(line)
            if reply:
                yield reply

    def _line(self, line: bytes) -> Reply | None:
        line = line.rstrip(b"\r")
        code, sign = line[:3], line[3:4]
        if not (code.isdigit() and len(code) == 3 and sign in (b" ", b"-", b"")):
            raise BrokenReply(f"it does not speak SMTP: {Reply.of(0, line).text[:80]!r}")
        if self._lines and code != self._code:
            raise BrokenReply("the lines of its reply carry different codes")
        self._code = code
        self._lines.append(line[4:])
        if len(self._lines) > _MOST_LINES:
            raise BrokenReply("its reply does not end")
        if sign == b"-":
            return None
        text, self._lines = b" ".join(self._lines), []
        return Reply.of(int(code), text)


@lru_cache(maxsize=128)  # three of four replies are the same words for every mail
def _whole_reply(line: bytes) -> Reply | None:
    """Return the reply that is this one line; None if it is not one, or not all of one."""
    line = line.rstrip(b"\r")
    if line[:3].isdigit() and len(line) >= 3 and line[3:4] in (b" ", b""):
        return Reply.of(int(line[:3]), line[4:])
    return None


def not_taken(mail_id: str, step: Step, reply: Reply, *, relay: str) -> Outcome:
    """Return the outcome of a mail whose step was answered negatively.

    Raises RelayUnavailable where the reply is about the relay or about us.
    """
    if reply.code == CLOSING or reply.code in _SIGN_IN:
        raise RelayUnavailable(f"The relay {relay} takes no mail now: {reply}.")
    if 400 <= reply.code < 500:
        return Deferred(mail_id, reply.code, reply.text)
    if step is Step.RCPT and reply.code == _TOO_LARGE:
        # RFC 5321 §4.5.3.1.10: "too many recipients" of old servers, hence temporary.
        return Deferred(mail_id, reply.code, reply.text)
    if step is Step.MAIL and reply.code != _TOO_LARGE:
        # The sender is the same for a whole digest: failing reader after reader would be wrong.
        raise RelayUnavailable(f"The relay {relay} refuses our sender address: {reply}.")
    if about_us(reply) or is_silent_of_her(reply):
        # Our reputation, authentication or content: never a reader's failure (RFC 3463 §3.8).
        return Deferred(mail_id, reply.code, reply.text, of_us=True)
    if 500 <= reply.code < 600:
        return Refused(mail_id, reply.code, reply.text)
    raise RelayUnavailable(f"The relay {relay} does not speak SMTP as expected: {reply}.")
