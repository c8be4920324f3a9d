"""Asking for the pages behind links: within limits, and not again while the answer is fresh."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from newsletter.articles.link_checks import (
    FORGOTTEN,
    FRESH,
    FRESH_TROUBLE,
    answers_to,
    forget_old_links,
    resolve_links,
)
from newsletter.articles.resolve_link import LinkAnswer, resolve_link
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LOCAL, LocalServer
from tests.factories import NOW

OK, GONE, TROUBLE = LinkAnswer


def at(moment: datetime = NOW) -> Callable[[], datetime]:
    return lambda: moment


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        *((status, OK) for status in (200, 204)),
        *((status, GONE) for status in (404, 410)),
        *((status, TROUBLE) for status in (401, 403, 429, 451, 500, 503)),
    ],
)
def test_only_404_and_410_say_that_a_page_is_gone(
    server: LocalServer, status: int, answer: LinkAnswer
) -> None:
    assert resolve_link(server.says("/page", b"x", status=status), allow=LOCAL) is answer


def test_redirects_are_followed_to_their_end(server: LocalServer) -> None:
    server.says("/gone", status=404)
    moved = server.redirects("/moved", "/gone", status=301)
    circle = server.redirects("/circle", "/circle")
    assert resolve_link(moved, allow=LOCAL) is GONE
    assert resolve_link(circle, allow=LOCAL) is TROUBLE


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",  # internal, and not allowed here
        "https://no-such-host.example/",
        "http://user:word@paper.example.org/",
        "http://[",
        "ftp://paper.example.org/",
    ],
)
def test_what_cannot_be_asked_for_is_trouble(url: str) -> None:
    assert resolve_link(url) is TROUBLE


def test_a_redirect_leads_to_no_internal_address(
    start_server: Callable[[], LocalServer],
) -> None:
    outside, inside = start_server(), start_server()
    url = outside.redirects("/page", inside.says("/inside", b"x"))
    assert resolve_link(url, allow=(f"127.0.0.1:{outside.port}",)) is TROUBLE
    assert inside.requests == []
    assert resolve_link(url, allow=LOCAL) is OK


def test_answers_are_kept_and_not_asked_for_again(app: Flask, server: LocalServer) -> None:
    good, gone = server.says("/good", b"x"), server.says("/gone", status=404)
    assert resolve_links([good, f"{good}#part", gone], clock=at(), seconds=10) == 2
    assert answers_to([good, f"{good}#part", gone, "https://x.org"], now=NOW) == {
        good: OK,
        f"{good}#part": OK,
        gone: GONE,
    }
    assert resolve_links([good, gone], clock=at(), seconds=10) == 0
    assert len(server.requests) == 2


def test_bad_news_is_asked_for_again_soon_and_a_page_may_come_back(
    app: Flask, server: LocalServer
) -> None:
    page = server.says("/page", status=404)
    resolve_links([page], clock=at(), seconds=10)
    server.says("/page", b"x")
    later = NOW + FRESH_TROUBLE + timedelta(seconds=1)
    assert resolve_links([page], clock=at(later), seconds=10) == 1
    assert answers_to([page], now=later) == {page: OK}
    assert answers_to([page], now=later + FRESH + timedelta(seconds=1)) == {}


def test_a_slow_site_holds_nobody_up(app: Flask, server: LocalServer) -> None:
    hurry = threading.Event()
    server.answers["/slow"] = lambda handler: hurry.wait(60) and None
    slow = f"{server.url}/slow"
    quick = server.says("/quick", b"x")
    began = time.monotonic()
    resolve_links([slow, quick], clock=at(), seconds=0.3)
    assert time.monotonic() - began < 30
    hurry.set()
    assert slow not in answers_to([slow, quick], now=NOW)


def test_old_answers_are_forgotten(app: Flask, server: LocalServer) -> None:
    page = server.says("/page", b"x")
    resolve_links([page], clock=at(), seconds=10)
    with unit_of_work():
        forget_old_links(now=NOW + FORGOTTEN + timedelta(days=1))
    assert resolve_links([page], clock=at(), seconds=10) == 1
