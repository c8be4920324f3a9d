"""A mail server that keeps a ledger: which Message-ID it accepted for whom, and how often."""

import asyncio
import re
import threading
from collections import Counter

_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)


class LedgerServer:
    """SMTP on a free loopback port, in a thread of its own."""

    def __init__(self) -> None:
        self.accepted: Counter[tuple[str, str]] = Counter()  # (recipient, Message-ID)
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "LedgerServer":
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def recipients(self) -> set[str]:
        """Everybody who got at least one mail."""
        return {recipient for recipient, _ in self.accepted}

    @property
    def surplus(self) -> int:
        """Mails beyond the first to each recipient."""
        return sum(self.accepted.values()) - len(self.recipients)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**20)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ledger ESMTP\r\n")
        recipient = ""
        try:
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"RCPT":
                    recipient = line.split(b"<")[1].split(b">")[0].decode()
                if verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    self._keep(recipient, content)
                writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 2.0.0 ok\r\n")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # a killed client leaves without a word
        finally:
            writer.close()

    def _keep(self, recipient: str, content: bytes) -> None:
        found = _MESSAGE_ID.search(content)
        self.accepted[recipient, found.group(1).decode() if found else ""] += 1
