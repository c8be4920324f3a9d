"""A mail server that is nothing but a function of what it was sent: no sockets, no time."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.mail.outgoing import Outcome, OutgoingMail
from newsletter.mail.smtp import Conversation
from newsletter.mail.smtp_bdat import BdatConversation
from newsletter.mail.smtp_data import DataConversation
from newsletter.mail.smtp_envelope import Extensions

#: What a recipient meets: the step that is refused and the reply, or nothing.
Fate = tuple[str, str] | None


@dataclass
class ModelServer:
    """Answers SMTP commands, pipelined or not, and keeps what it took.

    Args:
        fates: what becomes of a recipient's mail, or at MAIL of a sender's; taken where nothing
            is said. A 421 closes the connection, once.
        eager: whether DATA is answered 354 although every recipient was refused (RFC 2920 §3.1).
        lines: lines of each reply.
    """

    fates: Mapping[str, Fate] = field(default_factory=dict)
    eager: bool = False
    lines: int = 1
    taken: list[tuple[str, bytes]] = field(default_factory=list)  # recipient, content
    writes: list[bytes] = field(default_factory=list)  # what came, write by write
    closed: bool = False
    _closings: set[str] = field(default_factory=set)  # whose 421 was said
    _rest: bytes = b""
    _recipient: str = ""
    _open: bool = False  # between MAIL and the end of its transaction
    _in_content: bool = False
    _chunk: int | None = None  # octets of the BDAT being read

    def connect(self) -> None:
        """Forget the connection before: a new one begins."""
        self.closed = self._open = self._in_content = False
        self._rest, self._recipient, self._chunk = b"", "", None

    def answer(self, data: bytes) -> bytes:
        """Take what a client wrote at once; return all replies to it."""
        self.writes.append(data)
        self._rest += data
        out = b""
        while not self.closed and (reply := self._next()) is not None:
            out += reply
        return out

    def _next(self) -> bytes | None:
        if self._in_content:
            return self._end_of_content()
        if self._chunk is not None:
            return self._end_of_chunk(self._chunk)
        line, found, rest = self._rest.partition(b"\r\n")
        if not found:
            return None
        self._rest = rest
        return self._command(line.decode())

    def _end_of_content(self) -> bytes | None:
        content, found, rest = (b"\r\n" + self._rest).partition(b"\r\n.\r\n")
        if not found:
            return None
        self._rest, self._in_content, self._open = rest, False, False
        if not self._recipient:
            assert content == b"", "nobody is to get what follows DATA without a recipient"
        return self._judge(content[2:].replace(b"\r\n..", b"\r\n.") + b"\r\n")

    def _end_of_chunk(self, octets: int) -> bytes | None:
        if len(self._rest) < octets:
            return None
        content, self._rest, self._chunk = self._rest[:octets], self._rest[octets:], None
        if not self._open:
            return self._reply("503 5.5.1 need MAIL")
        # RFC 3030 §2: a transaction whose BDAT failed lasts until RSET.
        reply = self._judge(content)
        self._open = not reply.startswith(b"2")
        return reply

    def _judge(self, content: bytes) -> bytes:
        recipient, self._recipient = self._recipient, ""
        if not recipient:
            return self._reply("554 5.5.1 no valid recipients")
        if fate := self._fate(recipient, "CONTENT"):
            return self._reply(fate)
        self.taken.append((recipient, content))
        return self._reply("250 2.0.0 taken")

    def _command(self, line: str) -> bytes:
        verb, address = line.split(" ")[0].split(":")[0], line.partition("<")[2].partition(">")[0]
        if verb == "RSET":
            self._recipient, self._open = "", False
            return self._reply("250 2.0.0 ok")
        if verb == "MAIL":
            assert not self._open, "MAIL within a transaction"
            if fate := self._fate(address, "MAIL"):
                return self._reply(fate)
            self._open = True
            return self._reply("250 2.1.0 ok")
        if verb == "RCPT":
            if not self._open:
                return self._reply("503 5.5.1 need MAIL")
            if fate := self._fate(address, "RCPT"):
                return self._reply(fate)
            self._recipient = address
            return self._reply("250 2.1.5 ok")
        if verb == "BDAT":
            octets, last = line.removeprefix("BDAT ").split(" ")
            assert last == "LAST", line
            self._chunk = int(octets)
            return b""
        assert verb == "DATA", line
        return self._data()

    def _data(self) -> bytes:
        if not self._open:
            return self._reply("503 5.5.1 need MAIL")
        if not self._recipient and not self.eager:
            return self._reply("554 5.5.1 no valid recipients")
        if self._recipient and (fate := self._fate(self._recipient, "DATA")):
            self._recipient = ""
            return self._reply(fate)
        self._in_content = True
        return self._reply("354 go on")

    def _fate(self, address: str, step: str) -> str:
        fate = self.fates.get(address)
        if not fate or fate[0] != step:
            return ""
        if fate[1].startswith("421"):
            if address in self._closings:
                return ""
            self._closings.add(address)
            self.closed = True
        return fate[1]

    def _reply(self, words: str) -> bytes:
        code, _, text = words.partition(" ")
        more = f"{code}-{text}\r\n" * (self.lines - 1)
        return f"{more}{code} {text}\r\n".encode()


def begin(extensions: Extensions, *, depth: int = 0) -> Conversation:
    """Return a conversation by BDAT where a depth is given, else by DATA."""
    if depth:
        return BdatConversation(extensions, relay="mail.example.org", depth=depth)
    return DataConversation(extensions, relay="mail.example.org")


def converse(
    server: ModelServer,
    mails: Sequence[OutgoingMail],
    extensions: Extensions,
    cuts: Iterator[int],
    *,
    depth: int = 0,
) -> list[Outcome]:
    """Send mails as a mailer would, the replies cut into pieces of the given sizes."""
    waiting, outcomes = deque(mails), list[Outcome]()
    while waiting:
        server.connect()
        conversation = begin(extensions, depth=depth)
        out = go_on(conversation, waiting)
        while True:
            while out:
                pieces = cut(server.answer(out), cuts)
                out = b"".join([conversation.receive(piece) for piece in pieces])
            outcomes += conversation.outcomes
            conversation.outcomes.clear()
            out = go_on(conversation, waiting)
            if not out and conversation.idle:
                break
        outcomes += conversation.outcomes
    return outcomes


def go_on(conversation: Conversation, waiting: deque[OutgoingMail]) -> bytes:
    """Return all that a mailer would say now."""
    out = b""
    if conversation.holds_content:
        out = b"".join(conversation.content())
        if conversation.pipelines and not conversation.worn_out and waiting:
            out += conversation.offer(waiting.popleft())
    while conversation.wants_mail and waiting:
        out += conversation.offer(waiting.popleft())
    return out


def cut(data: bytes, cuts: Iterator[int]) -> Iterator[bytes]:
    """Yield the data in pieces of the given sizes."""
    while data:
        size = next(cuts)
        yield data[:size]
        data = data[size:]
