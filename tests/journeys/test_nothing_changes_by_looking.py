"""Link scanners read over and over, by real HTTP, and nothing in the database moves."""

import os
import signal
import sqlite3
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.standalone.service import Service

pytestmark = pytest.mark.journey

TIMES = 100

#: What mails link to, and what stands beside it; the answer of each.
ADDRESSES = {
    "/": 200,
    "/embed/{publication}": 200,
    "/embed/{publication}?paper=101418&topics=1": 200,
    "/embed/box.js": 200,
    "/archive/": 200,
    "/archive/{digest_slug}": 200,
    "/archive.atom": 200,
    "/articles/{article_slug}": 200,
    "/topics/": 200,
    "/topics/{topic}": 200,
    "/topics/{topic}.atom": 200,
    "/search?q=sea": 200,
    "/robots.txt": 200,
    "/sitemap.xml": 200,
    "/share/articles/{article_slug}/0.png": 302,
    "/confirm/{confirm_pending}": 200,
    "/confirm/{confirm_gone}": 410,
    "/confirm/{expired}": 410,
    "/unsubscribe/{unsubscribe_confirmed}": 200,
    "/unsubscribe/{unsubscribe_confirmed}?List-Unsubscribe=One-Click": 200,
    "/preferences/{preferences_confirmed}": 200,
    "/preferences/{preferences_confirmed}?cadence=instant": 200,
    "/keep/{keep}": 200,
    "/undo/{undo}": 200,
    "/my-data/{my_data}": 200,
    "/my-data/{my_data}/download": 200,
    "/my-data/{my_data}/erase": 200,
    "/new-address/{new_address}": 200,
    "/old-address/{old_address}": 200,
    "/former-choices/{former_choices}": 200,
    "/dev/outbox/{mail}": 200,
    "/admin/sign-in": 200,
}


def test_a_hundred_looks_at_every_page_change_nothing(
    service: Service, places: Mapping[str, Any]
) -> None:
    with frozen(service, "worker"), frozen(service, "letters"), frozen(service, "beat"):
        before = dump(service)
        with ThreadPoolExecutor(4) as pool:
            answers = pool.map(
                lambda pattern: look(service.port, pattern.format_map(places)), ADDRESSES
            )
            assert dict(zip(ADDRESSES, answers, strict=True)) == {
                pattern: {status} for pattern, status in ADDRESSES.items()
            }
        assert dump(service) == before


def look(port: int, path: str) -> set[int]:
    """Read one address over and over, every other time its head only; return the statuses."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        found = set()
        for method in ("GET", "HEAD") * TIMES:
            connection.request(method, path)
            answer = connection.getresponse()
            answer.read()
            found.add(answer.status)
        return found


def dump(service: Service) -> list[str]:
    """Return the whole database as SQL."""
    file = service.folder / "var" / "newsletter.sqlite3"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return list(connection.iterdump())


@contextmanager
def frozen(service: Service, program: str) -> Iterator[None]:
    """Hold a program and its children, so that what moves is the web's doing."""
    command = f"celery -A workers -q (worker --hostname {program}@|{program} --scheduler)"
    group = os.getpgid(service.process_of(command))
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)
