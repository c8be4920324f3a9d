"""One open connection to a relay: the engine's octets in and out, without ever waiting."""

import socket
import ssl
import time
from collections import deque

from newsletter.mail.outgoing import OutgoingMail
from newsletter.mail.smtp import ConnectionEnds, Conversation
from newsletter.mail.smtp_bdat import BdatConversation
from newsletter.mail.smtp_connection import Greeted
from newsletter.mail.smtp_data import DataConversation
from newsletter.mail.smtp_envelope import Extensions
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import Relay

_READ = 65_536
_AGAIN = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class SmtpLine:
    """A connection with its conversation; `unwritten` octets wait for the network."""

    def __init__(self, greeted: Greeted, relay: Relay, timeouts: Timeouts) -> None:
        self.relay = relay
        self.conversation = _conversation(greeted.extensions, relay)
        self.socket: socket.socket = greeted.socket
        self.socket.setblocking(False)
        self._timeouts = timeouts
        self._unwritten: deque[memoryview] = deque()
        self.deadline = 0.0
        self.waits_to_write = False  # whether somebody looks out for when the network takes more

    @property
    def has_unwritten(self) -> bool:
        """Whether the network has not taken all there is to say."""
        return bool(self._unwritten)

    def offer(self, mail: OutgoingMail) -> None:
        """Write the first words of a mail; by BDAT all of it."""
        self._write([self.conversation.offer(mail)])

    def go_on(self, mail: OutgoingMail | None) -> None:
        """Write the content that the relay waits for and the envelope of the next mail, at once."""
        pieces = self.conversation.content()
        if mail is not None:
            pieces.append(self.conversation.offer(mail))
        self._write(pieces)

    def read(self) -> None:
        """Take what has arrived.

        Raises:
            ConnectionEnds, BrokenReply, RelayUnavailable, OSError.
        """
        while True:
            try:
                data = self.socket.recv(_READ)
            except _AGAIN:
                return
            if not data:
                raise ConnectionEnds("it hung up")
            heard = self.conversation.heard
            answer = self.conversation.receive(data, unwritten=self._unwritten_octets())
            if self.conversation.heard != heard:  # part of a reply is none
                self._be_patient()
            if answer:
                self._write([answer])
            if not isinstance(self.socket, ssl.SSLSocket):
                return  # what is left wakes the selector again; TLS keeps it to itself

    def flush(self) -> bool:
        """Write what the network takes now; return whether it took any.

        Raises:
            OSError; or what its last words raise, if it had some before it hung up.
        """
        took = False
        while self._unwritten:
            piece = self._unwritten[0]
            try:
                written = self.socket.send(piece)
            except _AGAIN:
                break
            except OSError:
                # Who hangs up on what we write may have taken mails before, and said so.
                self.read()
                raise
            took = True
            if written < len(piece):
                self._unwritten[0] = piece[written:]
            else:
                self._unwritten.popleft()
        if took:
            self._be_patient()
        return took

    def end(self, why: str) -> list[OutgoingMail]:
        """Close at once; return the mails that were not taken. Those in doubt are outcomes."""
        self.socket.close()
        return self.conversation.unfinished(why, unwritten=self._unwritten_octets())

    def _write(self, pieces: list[bytes]) -> None:
        joined = b"".join(pieces)
        if joined:
            self._unwritten.append(memoryview(joined))
            if not self.flush():
                self._be_patient()

    def _unwritten_octets(self) -> int:
        return sum(map(len, self._unwritten))

    def _be_patient(self) -> None:
        """Wait anew: for the network while it has not taken all, else for the next reply."""
        awaited = self.conversation.awaited
        patience = self._timeouts.block if self._unwritten else self._timeouts.of(awaited)
        self.deadline = time.monotonic() + patience


def _conversation(offered: Extensions, relay: Relay) -> Conversation:
    if relay.bdat and offered.chunking and offered.pipelining:
        return BdatConversation(offered, relay=relay.address, depth=relay.bdat)
    return DataConversation(offered, relay=relay.address)


def say_goodbye(lines: list[SmtpLine], *, seconds: float) -> None:
    """Say QUIT on idle connections, all at once, and wait a moment for the answers."""
    until = time.monotonic() + seconds
    for line in lines:
        _say_quit(line)
    for line in lines:
        _wait_for_end(line, until)
        line.socket.close()


def _say_quit(line: SmtpLine) -> None:
    try:
        line.socket.settimeout(1)
        line.socket.sendall(b"QUIT\r\n")
    except OSError:
        line.socket.close()


def _wait_for_end(line: SmtpLine, until: float) -> None:
    try:
        line.socket.settimeout(max(0.01, until - time.monotonic()))
        line.socket.recv(_READ)
    except OSError:
        return
