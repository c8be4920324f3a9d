"""A feed as a site really serves it, whose newest items appear one by one."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zlib import crc32

from tests.articles.bitmaps import jpeg

_ITEM = re.compile(rb"<item>.*?</item>", re.DOTALL)
#: Pictures come from here too: nothing leaves this machine.
_PICTURE = re.compile(rb"(<img\b[^>]*?\bsrc=[\"'])https?://")
_CAPTION = re.compile(r"<figcaption[^>]*>(.*?)</figcaption>", re.DOTALL)
_CREDIT = re.compile(r"\(Image Credit: ([^)]+)\)")


@dataclass(frozen=True)
class Item:
    """One item, read without the project's own parser."""

    raw: bytes

    @property
    def title(self) -> str:
        """Its headline, in the characters a reader sees."""
        found = re.search(r"<title>(.*?)</title>", self.raw.decode(), re.DOTALL)
        assert found
        return plain(found[1].removeprefix("<![CDATA[").removesuffix("]]>"))

    @property
    def captions(self) -> list[str]:
        """What stands under its pictures, the credit that is named as such left out."""
        return [_CREDIT.sub("", caption).strip() for caption in self._captions]

    @property
    def credits(self) -> list[str]:
        """Whom its pictures are by, where the caption names them as such."""
        return [credit for caption in self._captions for credit in _CREDIT.findall(caption)]

    @property
    def _captions(self) -> list[str]:
        return [plain(found) for found in _CAPTION.findall(self.raw.decode())]


class FeedAsFound:
    """The document with its newest items held back; `publish` lets one more appear."""

    def __init__(self, document: bytes, *, held_back: int) -> None:
        self._head, self._tail = document[: document.index(b"<item>")], b"</channel></rss>"
        self._items = [Item(raw) for raw in _ITEM.findall(document)]
        self._held_back = min(held_back, len(self._items))
        self.url = ""

    @property
    def held_back(self) -> int:
        """How many items nobody has seen yet."""
        return self._held_back

    def publish(self) -> Item:
        """Let the oldest item that was held back appear."""
        self._held_back -= 1
        return self._items[self._held_back]

    @property
    def document(self) -> bytes:
        """The feed as it stands now."""
        shown = [item.raw for item in self._items[self._held_back :]]
        document = self._head + b"\n".join(shown) + self._tail
        return _PICTURE.sub(rb"\g<1>" + self.url.encode() + rb"pictures/", document)


def plain(html: str) -> str:
    """Return the words of a piece of HTML."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


@contextmanager
def served(path: Path, *, held_back: int) -> Iterator[FeedAsFound]:
    """Serve a stored feed on loopback."""
    feed = FeedAsFound(path.read_bytes(), held_back=held_back)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_picture = "/pictures/" in self.path
            # Each address another picture: the same one twice would be shown once.
            width = 800 + crc32(self.path.encode()) % 400
            body = jpeg(width, 600) if is_picture else feed.document
            kind = "image/jpeg" if is_picture else "application/rss+xml; charset=UTF-8"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,))
    thread.start()
    feed.url = f"http://127.0.0.1:{server.server_port}/feed/"
    try:
        yield feed
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
