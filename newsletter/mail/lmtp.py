"""LMTP (RFC 2033) as a mail server speaks it to a mailbox: a session without I/O.

Of SMTP it keeps what a delivery needs. What is special: after the content each recipient has an
answer of its own, so that nothing is lost and nothing doubled. Lines may have any length, since
reports quote what they got.
"""

import re
from collections.abc import Callable, Iterator

#: Takes a content and one recipient, returns the answer for her.
Deliver = Callable[[bytes, str], str]

GREETING = "220 LMTP ready"
CLOSED = "221 2.0.0 Bye"
_MOST_RECIPIENTS = 100
_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>\s]{0,320})>(?:\s.*)?", re.IGNORECASE)


class LmtpSession:
    """Takes lines, with their ends, and yields answers; `closed` says when to hang up."""

    def __init__(self, deliver: Deliver, *, most_octets: int) -> None:
        self._deliver = deliver
        self._most_octets = most_octets  # of a content; what is beyond is read and dropped
        self._greeted = self._in_content = self._mid_line = False
        self.closed = False
        self._reset()

    def feed(self, line: bytes) -> Iterator[str]:
        """Take one line, or within a content a part of one."""
        if self._in_content:
            yield from self._take(line)
            return
        command, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
        yield from self._answer(command.upper(), rest.strip())

    def _answer(self, command: str, rest: str) -> Iterator[str]:
        if command == "LHLO":
            self._greeted = True
            self._reset()
            yield from ("250-newsletter", "250-PIPELINING", "250-8BITMIME", "250-SMTPUTF8")
            yield "250 ENHANCEDSTATUSCODES"
        elif command == "QUIT":
            self.closed = True
            yield CLOSED
        elif command in ("RSET", "NOOP", "VRFY"):
            if command == "RSET":
                self._reset()
            yield "252 2.1.5 Send it" if command == "VRFY" else "250 2.0.0 OK"
        elif command in ("MAIL", "RCPT", "DATA"):
            yield self._step(command, rest)
        else:
            yield "500 5.5.2 No such command"

    def _step(self, command: str, rest: str) -> str:
        if not self._greeted:
            return "503 5.5.1 LHLO first"
        if command == "DATA":
            if not self._recipients:
                return "503 5.5.1 No recipient"
            self._in_content = True
            return "354 End with a dot"
        path = _PATH.fullmatch(rest)
        if path is None:
            return "501 5.5.4 That is no path"
        if command == "MAIL":
            self._reset()
            self._has_sender = True
            return "250 2.1.0 OK"
        if not self._has_sender:
            return "503 5.5.1 MAIL first"
        if len(self._recipients) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        self._recipients.append(path[1])
        return "250 2.1.5 OK"

    def _take(self, line: bytes) -> Iterator[str]:
        begins_line, self._mid_line = not self._mid_line, not line.endswith(b"\n")
        if begins_line and line.rstrip(b"\r\n") == b"." and not self._mid_line:
            content, recipients = bytes(self._content), self._recipients
            self._in_content = False
            self._reset()
            for recipient in recipients:
                yield self._deliver(content, recipient)
            return
        if begins_line and line.startswith(b"."):
            line = line[1:]
        room = self._most_octets - len(self._content)
        self._content += line[: max(0, room)]

    def _reset(self) -> None:
        self._recipients: list[str] = []
        self._has_sender = False
        self._content = bytearray()
