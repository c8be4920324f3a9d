"""A site that behaves like WordPress: ten items a feed, ETags, pages, REST, and bad days."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from tests.articles.bitmaps import jpeg
from tests.articles.tiny_feeds import DAY_ONE

ITEMS = 10

Answer = tuple[int, str, bytes]


@dataclass
class Post:
    """One post."""

    number: int
    published_at: datetime
    title: str
    text: str = ""
    categories: tuple[str, ...] = ("News",)
    tags: tuple[str, ...] = ()
    author: str = "Ana Example"
    featured: bool = False


@dataclass
class WordPressSite:
    """What is published, and how the site fares; tests change both."""

    posts: list[Post] = field(default_factory=list)
    url: str = ""
    #: Status of every answer while the site is away.
    outage: int | None = None
    rest: str = "open"  # or "closed", "broken", "away"
    announces_rest: bool = True
    pages: str = "real"  # or "cached": every page is the first one, "none": 404
    left_out: frozenset[str] = frozenset()  # categories that the feed leaves out
    full_text: bool = True
    moved_to: str = ""
    moved_status: int = 301
    #: How the GUIDs begin; sites that move, and some plugins, change all of them at once.
    guids: str = ""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def publish(self, count: int = 1, *, at: datetime | None = None, **fields: Any) -> None:
        """Let posts appear, an hour after the last, or at a moment of the past."""
        for _ in range(count):
            number = len(self.posts) + 1
            moment = at or DAY_ONE + timedelta(minutes=number)
            values = {"title": f"Post {number}", "text": f"Text of post {number}."} | fields
            self.posts.append(Post(number, moment, **values))

    @property
    def feed_url(self) -> str:
        return f"{self.url}/feed/"

    def asked(self, part: str) -> int:
        """Return how many requests named a part of an address."""
        return sum(part in path for path, _ in self.requests)

    def answer(self, address: str) -> tuple[Answer, dict[str, str]]:
        """Return the answer to a GET, and headers beside it."""
        parts, query = urlsplit(address), parse_qs(urlsplit(address).query)
        page = int(query.get("paged", query.get("page", ["1"]))[0])
        if self.outage:
            return (self.outage, "text/html", b"Error establishing a database connection"), {}
        if parts.path == "/feed/" and self.moved_to:
            return (self.moved_status, "text/html", b""), {"Location": self.moved_to}
        if parts.path in ("/feed/", "/new-feed/"):
            return self._feed(page), self._headers()
        if parts.path == "/wp-json/wp/v2/posts":
            return self._posts(page, int(query["per_page"][0]), "_embed" in query), {}
        if parts.path.startswith("/uploads/"):
            return (200, "image/jpeg", jpeg(1000, 600)), {}
        return (404, "text/html", b"<!doctype html><html><head></head>Not found</html>"), {}

    def _headers(self) -> dict[str, str]:
        link = f'<{self.url}/wp-json/>; rel="https://api.w.org/"'
        return {"Link": link} if self.announces_rest else {}

    def _newest(self) -> list[Post]:
        return sorted(self.posts, key=lambda post: (post.published_at, post.number), reverse=True)

    def _feed(self, page: int) -> Answer:
        shown = [post for post in self._newest() if not self.left_out & set(post.categories)]
        first = 0 if self.pages == "cached" else (page - 1) * ITEMS
        some = shown[first : first + ITEMS]
        if page > 1 and (not some or self.pages == "none"):
            return 404, "text/html", b"<!doctype html><html>Not found</html>"
        return 200, "application/rss+xml; charset=UTF-8", self._rss(some)

    def _rss(self, posts: list[Post]) -> bytes:
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
            f"<title>The Site</title><link>{self.url}</link>"
            "<generator>https://wordpress.org/?v=6.8.1</generator>"
            + "".join(map(self._item, posts))
            + "</channel></rss>"
        ).encode()

    def _item(self, post: Post) -> str:
        terms = "".join(
            f"<category>{escape(one)}</category>" for one in post.categories + post.tags
        )
        text = escape(f"<p>{post.text}</p>")
        whole = f"<content:encoded>{text}</content:encoded>" if self.full_text else ""
        return (
            f"<item><title>{escape(post.title)}</title><link>{self._link(post)}</link>"
            f'<guid isPermaLink="false">{self._guid(post)}</guid>{terms}'
            f"<pubDate>{format_datetime(post.published_at)}</pubDate>"
            f"<description>{text}</description>{whole}</item>"
        )

    def _guid(self, post: Post) -> str:
        return f"{self.guids or self.url + '/?p='}{post.number}"

    def _link(self, post: Post) -> str:
        return f"{self.url}/post-{post.number}/"

    def _posts(self, page: int, count: int, embed: bool) -> Answer:
        if self.rest == "closed":
            error = {"code": "rest_forbidden", "message": "Only for those who are signed in."}
            return 401, "application/json", json.dumps(error).encode()
        if self.rest == "broken":
            return 200, "text/html", b"<!doctype html><html>Fatal error</html>"
        if self.rest == "away":
            return 503, "text/html", b""
        some = self._newest()[(page - 1) * count : page * count]
        if page > 1 and not some:
            error = {"code": "rest_post_invalid_page_number", "message": "No such page."}
            return 400, "application/json", json.dumps(error).encode()
        posts = [self._record(post, embed) for post in some]
        return 200, "application/json; charset=UTF-8", json.dumps(posts).encode()

    def _record(self, post: Post, embed: bool) -> dict[str, Any]:
        changed = post.published_at + timedelta(minutes=5)
        record: dict[str, Any] = {
            "id": post.number,
            "date_gmt": f"{post.published_at:%Y-%m-%dT%H:%M:%S}",
            "modified_gmt": f"{changed:%Y-%m-%dT%H:%M:%S}",
            "guid": {"rendered": self._guid(post)},
            "link": self._link(post),
            "title": {"rendered": post.title},
            "content": {"rendered": f"<p>{post.text}</p>"},
            "excerpt": {"rendered": f"<p>{post.text}</p>"},
        }
        if embed:
            record["_embedded"] = {
                "author": [{"name": post.author}],
                "wp:featuredmedia": [self._featured(post)] if post.featured else [],
                "wp:term": [
                    [{"taxonomy": "category", "name": name} for name in post.categories],
                    [{"taxonomy": "post_tag", "name": name} for name in post.tags],
                ],
            }
        return record

    def _featured(self, post: Post) -> dict[str, Any]:
        return {
            "source_url": f"{self.url}/uploads/{post.number}.jpg",
            "alt_text": f"What post {post.number} shows",
            "caption": {"rendered": "<p>At the quay. Photo: Rui Example</p>"},
            "media_details": {"width": 1000, "height": 600},
        }


@contextmanager
def wordpress_site() -> Iterator[WordPressSite]:
    """Serve a site on loopback."""
    site = WordPressSite()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append((self.path, dict(self.headers.items())))
            (status, kind, body), headers = site.answer(self.path)
            tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if status == 200 and self.headers.get("If-None-Match") == tag:
                status, body = 304, b""
            with suppress(OSError):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("ETag", tag)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
