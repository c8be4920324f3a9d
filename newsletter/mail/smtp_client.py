"""smtplib for the opening of a connection, its replies read by the engine's rules and no longer."""

import smtplib
import socket
import time
from typing import Any

from newsletter.mail.smtp_replies import BrokenReply, ReplyReader
from newsletter.mail.smtp_timeouts import Timeouts

_READ = 8192


class _Bounded(smtplib.SMTP):
    """Waits for each reply as a whole, however slowly it trickles in, and for no endless one."""

    def __init__(
        self, host: str, port: int, helo: str | None, *, timeouts: Timeouts, **options: Any
    ) -> None:
        self._patience = timeouts.greeting
        # Connects, which has a timeout of its own, and reads the greeting.
        super().__init__(host, port, local_hostname=helo, timeout=timeouts.connect, **options)
        self._patience = timeouts.command

    def getreply(self) -> tuple[int, bytes]:
        """Return code and words of the next reply, its lines apart.

        Raises:
            SMTPServerDisconnected: none came, or none alone.
            OSError.
        """
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("it hung up")
        until = time.monotonic() + self._patience
        reader, said = ReplyReader(), b""
        try:
            while not (replies := list(reader.feed(piece := _receive(self.sock, until)))):
                said += piece
        except BrokenReply as broken:
            self.close()
            raise smtplib.SMTPServerDisconnected(str(broken)) from None
        said += piece
        if len(replies) > 1 or not said.endswith(b"\n"):
            # Nothing may be said ahead, least of all before TLS (CVE-2011-0411 and its like).
            self.close()
            raise smtplib.SMTPServerDisconnected("it said more than it was asked")
        self.sock.settimeout(self._patience)
        words = b"\n".join(line[4:].strip() for line in said.splitlines())
        return replies[0].code, words


class PlainClient(_Bounded):
    """Opens a connection without TLS, or before it."""


class TlsClient(_Bounded, smtplib.SMTP_SSL):
    """Opens a connection that is TLS from the start."""


def _receive(sock: socket.socket, until: float) -> bytes:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    sock.settimeout(left)
    piece = sock.recv(_READ)
    if not piece:
        raise smtplib.SMTPServerDisconnected("it hung up")
    return piece
