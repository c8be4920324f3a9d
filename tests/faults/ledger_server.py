"""A mail server that follows a script and keeps a ledger: which Message-ID it took for whom."""

import asyncio
import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

_READ = 2**16
_LAG_SECONDS = 0.02

_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)

OK = "250 2.0.0 taken"


@dataclass
class Conversation:
    """One connection, as a script sees it."""

    number: int  # of the connection, from 1
    mails: int = 0  # contents that came over it
    recipient: str = ""
    signed_in: bool = False
    encrypted: bool = False


@dataclass(frozen=True)
class Verdict:
    """What becomes of a mail whose final dot has come."""

    reply: str = OK
    seconds: float = 0.0  # until the reply
    cut: bool = False  # the connection ends instead of a reply
    taken: bool | None = None  # None: as the reply says

    @property
    def is_taken(self) -> bool:
        """Whether the mail is in the ledger."""
        return self.reply.startswith("2") if self.taken is None else self.taken


class Script:
    """A server to which everything is right; faults overrule single answers.

    An empty answer closes the connection, and so does one that begins with 421.
    """

    #: Without PIPELINING among them, a client that does not wait for a reply is sent away.
    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES")
    #: Seconds before the reply to each final dot, so that a fault finds mails under way.
    pace = 0.02

    def greeting(self, conversation: Conversation) -> str:
        """Answer a new connection."""
        return "220 ledger.example.org ESMTP"

    def auth(self, conversation: Conversation) -> str:
        """Answer AUTH PLAIN with an initial response."""
        return "235 2.7.0 signed in"

    def mail(self, conversation: Conversation) -> str:
        """Answer MAIL."""
        return "250 2.1.0 ok"

    def recipient(self, conversation: Conversation) -> str:
        """Answer RCPT."""
        return "250 2.1.5 ok"

    def content(self, conversation: Conversation) -> Verdict:
        """Answer the final dot."""
        return Verdict()


@dataclass
class _Hold:
    """From so many accepted mails on, every further one is left without an answer."""

    count: int
    taken: bool
    released: asyncio.Event = field(default_factory=asyncio.Event)


class LedgerServer:
    """SMTP on a free loopback port, in a thread of its own."""

    def __init__(self) -> None:
        self.accepted: Counter[tuple[str, str]] = Counter()  # (recipient, Message-ID)
        self.script = Script()
        self.count = 0  # of accepted mails
        self.began: dict[str, float] = {}  # by reader: when her last copy began to arrive
        self._lags: list[tuple[float, float]] = []  # until when it was kept waiting, how long
        self.connections = 0  # ever
        self.impatient = 0  # commands that did not wait for a reply although they should
        self.held = 0  # mails that wait for an answer now
        self.port = 0
        self.tls: ssl.SSLContext | None = None
        self._hold: _Hold | None = None
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "LedgerServer":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def recipients(self) -> set[str]:
        """Everybody who got at least one mail."""
        return {recipient for recipient, _ in list(self.accepted)}

    @property
    def surplus(self) -> int:
        """Mails beyond the first to each recipient."""
        return sum(list(self.accepted.values())) - len(self.recipients)

    def lag_at(self, moment: float) -> float:
        """Return how much earlier than this what it saw then may have arrived, in seconds."""
        near = (by for until, by in list(self._lags) if moment - 1 < until < moment + 1)
        return max(near, default=_LAG_SECONDS)

    def take_out(self, recipient: str) -> int:
        """Take one reader's mails out of the ledger; return how many there were."""
        found = [entry for entry in list(self.accepted) if entry[0] == recipient]
        return sum(self.accepted.pop(entry) for entry in found)

    def hold(self, *, after: int, taken: bool) -> None:
        """Leave every mail beyond the first `after` without an answer, until `let_go`.

        Args:
            taken: whether the mails that wait are in the ledger: the worst case, since nobody
                but this server knows that they were accepted.
        """
        self._hold = _Hold(after, taken)

    def let_go(self) -> None:
        """Answer the mails that wait, as far as somebody still listens, and all others."""
        hold, self._hold = self._hold, None
        if hold is not None:
            self._loop.call_soon_threadsafe(hold.released.set)

    def refuse_connections(self) -> None:
        """Close the port; connections that are open stay."""
        self._call(self._close())

    def accept_connections(self) -> None:
        """Open the port again."""
        self._call(self._listen())

    def _call(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        watch = self._loop.create_task(self._watch_lag())
        self._ready.set()
        self._loop.run_forever()
        watch.cancel()
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(watch)

    async def _watch_lag(self) -> None:
        while True:
            due = time.monotonic() + _LAG_SECONDS
            await asyncio.sleep(_LAG_SECONDS)
            now = time.monotonic()
            if now - due > _LAG_SECONDS:
                self._lags.append((now, now - due))

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        talk = _Talk(self, reader, writer, Conversation(self.connections))
        with suppress(OSError, asyncio.IncompleteReadError):
            await talk.run()  # a killed client leaves without a word
        with suppress(OSError):
            writer.close()

    def _keep(self, recipient: str, content: bytes) -> None:
        found = _MESSAGE_ID.search(content)
        self.accepted[recipient, found.group(1).decode() if found else ""] += 1
        self.count += 1

    def note_begin(self, recipient: str, content: bytes, moment: float) -> None:
        """Note when a copy of a digest began to arrive; letters are not meant."""
        if (found := _MESSAGE_ID.search(content)) and found[1].startswith(b"delivery-"):
            self.began[recipient] = moment

    async def take(self, conversation: Conversation, content: bytes) -> Verdict:
        """Note a mail and say what becomes of it, however long that takes."""
        hold = self._hold
        verdict = self.script.content(conversation)
        taken = verdict.is_taken
        held = hold is not None and taken and len(self.accepted) >= hold.count
        if taken and (hold is None or not held or hold.taken):
            self._keep(conversation.recipient, content)
        if hold is not None and held:
            await self._wait(hold)
            if not hold.taken:
                return Verdict(cut=True)
        await asyncio.sleep(verdict.seconds + self.script.pace)
        return verdict

    async def _wait(self, hold: _Hold) -> None:
        self.held += 1
        try:
            await hold.released.wait()
        finally:
            self.held -= 1


class _Talk:
    """One connection, command by command."""

    def __init__(
        self,
        server: LedgerServer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        conversation: Conversation,
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._conversation = conversation
        self._verbs: dict[str, Callable[[str], Awaitable[str]]] = {
            "EHLO": self._ehlo,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
        }
        self._may_send_content = False
        self._unread = b""

    async def run(self) -> None:
        """Answer until somebody hangs up."""
        going = await self._answer(self._server.script.greeting(self._conversation))
        while going:
            words = (await self._until(b"\r\n")).decode("latin-1").strip()
            if self._unread and "PIPELINING" not in self._server.script.extensions:
                self._server.impatient += 1
                await self._answer("421 5.5.0 improper use of pipelining")
                return
            verb = words[:4].upper()
            if verb == "STAR" and self._server.tls is not None:
                going = await self._start_tls(self._server.tls)
                continue
            answer = self._verbs.get(verb, self._other)
            going = await self._answer(await answer(words))

    async def _until(self, end: bytes) -> bytes:
        """Return what comes up to a mark; what a client wrote ahead stays for the next call."""
        while (found := self._unread.find(end)) < 0:
            more = await self._reader.read(_READ)
            if not more:
                raise asyncio.IncompleteReadError(self._unread, None)
            self._unread += more
        found += len(end)
        line, self._unread = self._unread[:found], self._unread[found:]
        return line

    async def _answer(self, reply: str) -> bool:
        if reply:
            self._writer.write(reply.encode() + b"\r\n")
            await self._writer.drain()
        return bool(reply) and not reply.startswith(("421", "221"))

    async def _ehlo(self, _words: str) -> str:
        offered = list(self._server.script.extensions)
        if self._server.tls is not None and not self._conversation.encrypted:
            offered.append("STARTTLS")
        return "\r\n".join([*(f"250-{name}" for name in ("ledger", *offered)), "250 HELP"])

    async def _auth(self, _words: str) -> str:
        reply = self._server.script.auth(self._conversation)
        self._conversation.signed_in = reply.startswith("235")
        return reply

    async def _mail(self, _words: str) -> str:
        self._may_send_content = False
        return self._server.script.mail(self._conversation)

    async def _rcpt(self, words: str) -> str:
        self._conversation.recipient = words.partition("<")[2].partition(">")[0]
        reply = self._server.script.recipient(self._conversation)
        self._may_send_content = reply.startswith("2")
        return reply

    async def _data(self, _words: str) -> str:
        if not self._may_send_content:
            return "503 5.5.1 no valid recipient"
        await self._answer("354 go on")
        self._unread = self._unread or await self._reader.read(_READ)
        began = time.monotonic()
        content = await self._until(b"\r\n.\r\n")
        self._server.note_begin(self._conversation.recipient, content, began)
        self._may_send_content = False
        self._conversation.mails += 1
        verdict = await self._server.take(self._conversation, content)
        return "" if verdict.cut else verdict.reply

    async def _other(self, words: str) -> str:
        verb = words[:4].upper()
        return {"QUIT": "221 2.0.0 bye", "RSET": "250 2.0.0 ok", "NOOP": "250 2.0.0 ok"}.get(
            verb, "502 5.5.2 unknown"
        )

    async def _start_tls(self, context: ssl.SSLContext) -> bool:
        await self._answer("220 2.0.0 go ahead")
        await self._writer.start_tls(context)
        self._conversation.encrypted = True
        return True
