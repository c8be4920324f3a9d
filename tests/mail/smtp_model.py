"""A mail server that is nothing but a function of what it was sent: no sockets, no time."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.mail.outgoing import Outcome, OutgoingMail
from newsletter.mail.smtp import Conversation
from newsletter.mail.smtp_data import DataConversation
from newsletter.mail.smtp_envelope import Extensions

#: What a recipient meets: the step that is refused and the reply, or nothing.
Fate = tuple[str, str] | None


@dataclass
class ModelServer:
    """Answers SMTP commands, pipelined or not, and keeps what it took.

    Args:
        fates: what becomes of a recipient's mail; taken where nothing is said.
        eager: whether DATA is answered 354 although every recipient was refused (RFC 2920 §3.1).
        lines: lines of each reply.
    """

    fates: Mapping[str, Fate] = field(default_factory=dict)
    eager: bool = False
    lines: int = 1
    taken: list[tuple[str, bytes]] = field(default_factory=list)  # recipient, content
    writes: list[bytes] = field(default_factory=list)  # what came, write by write
    _rest: bytes = b""
    _recipient: str = ""
    _refused: bool = False
    _in_content: bool = False

    def answer(self, data: bytes) -> bytes:
        """Take what a client wrote at once; return all replies to it."""
        self.writes.append(data)
        self._rest += data
        out = b""
        while (reply := self._next()) is not None:
            out += reply
        return out

    def _next(self) -> bytes | None:
        if self._in_content:
            return self._end_of_content()
        line, found, rest = self._rest.partition(b"\r\n")
        if not found:
            return None
        self._rest = rest
        return self._command(line.decode())

    def _end_of_content(self) -> bytes | None:
        content, found, rest = (b"\r\n" + self._rest).partition(b"\r\n.\r\n")
        if not found:
            return None
        self._rest, self._in_content = rest, False
        recipient, self._recipient = self._recipient, ""
        if not recipient:
            assert content == b"", "nobody is to get what follows DATA without a recipient"
            return self._reply("554 5.5.1 no valid recipients")
        if fate := self._fate(recipient, "CONTENT"):
            return self._reply(fate)
        self.taken.append((recipient, content[2:].replace(b"\r\n..", b"\r\n.") + b"\r\n"))
        return self._reply("250 2.0.0 taken")

    def _command(self, line: str) -> bytes:
        verb, address = line.split(" ")[0].split(":")[0], line.partition("<")[2].partition(">")[0]
        if verb == "RSET":
            self._recipient, self._refused = "", False
            return self._reply("250 2.0.0 ok")
        if verb == "MAIL":
            assert not self._recipient, "MAIL within a mail"
            self._refused = False
            return self._reply("250 2.1.0 ok")
        if verb == "RCPT":
            if fate := self._fate(address, "RCPT"):
                self._refused = True
                return self._reply(fate)
            self._recipient = address
            return self._reply("250 2.1.5 ok")
        assert verb == "DATA", line
        if self._refused and not self.eager:
            return self._reply("554 5.5.1 no valid recipients")
        if self._recipient and (fate := self._fate(self._recipient, "DATA")):
            self._recipient = ""
            return self._reply(fate)
        self._in_content = True
        return self._reply("354 go on")

    def _fate(self, recipient: str, step: str) -> str:
        fate = self.fates.get(recipient)
        return fate[1] if fate and fate[0] == step else ""

    def _reply(self, words: str) -> bytes:
        code, _, text = words.partition(" ")
        more = f"{code}-{text}\r\n" * (self.lines - 1)
        return f"{more}{code} {text}\r\n".encode()


def converse(
    server: ModelServer,
    mails: Sequence[OutgoingMail],
    extensions: Extensions,
    cuts: Iterator[int],
) -> list[Outcome]:
    """Send mails as a mailer would, the replies cut into pieces of the given sizes."""
    waiting, outcomes = deque(mails), list[Outcome]()
    while waiting:
        conversation = DataConversation(extensions, relay="mail.example.org")
        out = conversation.offer(waiting.popleft())
        while True:
            while out:
                pieces = _cut(server.answer(out), cuts)
                out = b"".join([conversation.receive(piece) for piece in pieces])
            outcomes += conversation.outcomes
            conversation.outcomes.clear()
            out = _go_on(conversation, waiting)
            if not out and conversation.idle:
                break
        outcomes += conversation.outcomes
    return outcomes


def _go_on(conversation: Conversation, waiting: deque[OutgoingMail]) -> bytes:
    out = b""
    if conversation.holds_content:
        out = b"".join(conversation.content())
        if conversation.pipelines and not conversation.worn_out and waiting:
            out += conversation.offer(waiting.popleft())
    elif conversation.idle and not conversation.worn_out and waiting:
        out = conversation.offer(waiting.popleft())
    return out


def _cut(data: bytes, cuts: Iterator[int]) -> Iterator[bytes]:
    while data:
        size = next(cuts)
        yield data[:size]
        data = data[size:]
