"""A publisher's site on this machine: a home page that announces a WordPress feed, and articles."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ITEM = """
<item>
  <title>{title}</title>
  <link>{link}</link>
  <dc:creator>Ada Example</dc:creator>
  <pubDate>{date}</pubDate>
  {categories}
  <guid isPermaLink="false">{site}/?p={number}</guid>
  <description>&lt;p&gt;{lead}&lt;/p&gt;</description>
  <content:encoded><![CDATA[<p>{lead}</p><h2>What follows</h2><p>{rest}</p>]]></content:encoded>
  <slash:comments>3</slash:comments>
</item>"""

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
<channel>
<title>The Harbour Review</title>
<link>{site}/</link>
<description>Notes on ports and tides</description>
<language>en-GB</language>
<generator>https://wordpress.org/?v=6.8</generator>
{items}
</channel>
</rss>"""

HOME = """<!doctype html><html lang="en"><head><title>The Harbour Review</title>
<link rel="alternate" type="application/rss+xml" title="The Harbour Review" href="/feed/">
</head><body><h1>The Harbour Review</h1></body></html>"""


@dataclass(frozen=True)
class Written:
    """One article that the publisher has out."""

    number: int
    title: str
    categories: tuple[str, ...]
    moment: datetime


class Publisher:
    """Serves what was published so far; `publish` adds to it."""

    def __init__(self) -> None:
        self._written: list[Written] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.site = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,))
        self._thread.start()

    def publish(self, title: str, *categories: str, ago: timedelta = timedelta()) -> None:
        """Put an article out."""
        moment = datetime.now(UTC) - ago
        number = 100 + len(self._written)
        self._written.append(Written(number, title, categories, moment))

    def close(self) -> None:
        """Take the site down."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _has(self, path: str) -> bool:
        """Whether an article that is out has this page; preflight asks for it."""
        return any(path == f"/{one.number}/" for one in self._written)

    def _feed(self) -> str:
        items = "".join(self._item(one) for one in reversed(self._written))
        return FEED.format(site=self.site, items=items)

    def _item(self, one: Written) -> str:
        categories = "".join(f"<category>{escape(name)}</category>" for name in one.categories)
        return ITEM.format(
            title=escape(one.title),
            link=f"{self.site}/{one.number}/",
            date=format_datetime(one.moment),
            categories=categories,
            site=self.site,
            number=one.number,
            lead=escape(f"{one.title}: the quay is read like a page, from left to right."),
            rest="The tide table hangs beside the door, and nobody has asked it why.",
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/feed/":
                    self._answer(200, "application/rss+xml; charset=UTF-8", publisher._feed())
                elif self.path == "/" or publisher._has(self.path):
                    self._answer(200, "text/html; charset=UTF-8", HOME)
                else:
                    self._answer(404, "text/plain; charset=UTF-8", "Not here.\n")

            def _answer(self, status: int, kind: str, text: str) -> None:
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: object) -> None:
                """Stay quiet."""

        return Handler
