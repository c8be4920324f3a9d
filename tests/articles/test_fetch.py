"""Fetching within limits, against real servers on loopback."""

import socket
from typing import Any

import pytest

from newsletter.articles.fetch import Permanent, Temporary, fetch
from newsletter.errors import PermanentError, TemporaryError
from tests.articles.conftest import LOCAL


def test_a_feed_arrives_with_its_validators(server: Any) -> None:
    headers = {"ETag": '"v1"', "Last-Modified": "Sat, 24 May 2025 09:12:44 GMT"}
    url = server.says("/feed", b"<rss/>", headers=headers | {"Content-Type": "text/xml"})
    got = fetch(url, allow=LOCAL)
    assert (got.status, got.content, got.content_type) == (200, b"<rss/>", "text/xml")
    assert (got.etag, got.last_modified) == ('"v1"', "Sat, 24 May 2025 09:12:44 GMT")
    assert (got.url, got.permanent_url, got.not_modified) == (url, None, False)
    assert 0 < got.seconds < 10


def test_validators_are_sent_back_and_304_means_not_modified(server: Any) -> None:
    url = server.says("/feed", status=304)
    got = fetch(url, etag='"v1"', last_modified="Sat, 24 May 2025 09:12:44 GMT", allow=LOCAL)
    assert (got.status, got.not_modified, got.content) == (304, True, b"")
    sent = server.requests[0][1]
    assert sent["If-None-Match"] == '"v1"'
    assert sent["If-Modified-Since"] == "Sat, 24 May 2025 09:12:44 GMT"


def test_the_server_learns_who_asks(server: Any) -> None:
    url = server.says("/feed", b"x")
    fetch(url, allow=LOCAL)
    fetch(url, allow=LOCAL, base_url="https://news.example.org")
    agents = [headers["User-Agent"] for _path, headers in server.requests]
    assert agents == ["newsletter", "newsletter (+https://news.example.org)"]


def test_a_line_break_in_a_stored_etag_adds_no_header(server: Any) -> None:
    fetch(server.says("/feed", b"x"), etag='"v1"\r\nX-Evil: 1', allow=LOCAL)
    assert "X-Evil" not in server.requests[0][1]


@pytest.mark.parametrize(
    ("statuses", "for_good"),
    [((301,), True), ((308, 301), True), ((302,), False), ((301, 307), False), ((303,), False)],
)
def test_only_permanent_redirects_move_the_feed(
    server: Any, statuses: tuple[int, ...], for_good: bool
) -> None:
    for number, status in enumerate(statuses):
        server.redirects(f"/{number}", f"/{number + 1}", status=status)
    last = server.says(f"/{len(statuses)}", b"here")
    got = fetch(server.url + "/0", allow=LOCAL)
    assert got.content == b"here"
    assert got.url == last
    assert got.permanent_url == (last if for_good else None)


def test_a_redirect_in_a_circle_is_refused(server: Any) -> None:
    server.redirects("/a", "/b")
    server.redirects("/b", "/a#again")
    with pytest.raises(Permanent, match="in a circle"):
        fetch(server.url + "/a", allow=LOCAL)


def test_a_sixth_redirect_is_refused(server: Any) -> None:
    for number in range(6):
        server.redirects(f"/{number}", f"/{number + 1}")
    server.says("/6", b"x")
    with pytest.raises(Permanent, match="more than 5 times"):
        fetch(server.url + "/0", allow=LOCAL)
    assert fetch(server.url + "/1", allow=LOCAL).content == b"x"


def test_a_redirect_without_an_address_is_refused(server: Any) -> None:
    url = server.says("/feed", status=302)
    with pytest.raises(Permanent, match="without saying where"):
        fetch(url, allow=LOCAL)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/", "gopher://x/"])
def test_a_redirect_to_another_scheme_is_refused(server: Any, target: str) -> None:
    server.redirects("/feed", target)
    with pytest.raises(Permanent, match="http://"):
        fetch(server.url + "/feed", allow=LOCAL)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_client_errors_are_permanent(server: Any, status: int) -> None:
    url = server.says("/feed", status=status)
    with pytest.raises(Permanent, match=rf"answered {status} ") as caught:
        fetch(url, allow=LOCAL)
    assert caught.value.status == status
    assert isinstance(caught.value, PermanentError)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("Mon, 02 Mar 2026 09:05:00 GMT", 300.0),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_a_server_may_name_a_date_to_come_back_at(
    server: Any, asked: str, seconds: float | None
) -> None:
    def answer(handler: Any) -> None:
        handler.send_response_only(503)
        handler.send_header("Date", "Mon, 02 Mar 2026 09:00:00 GMT")
        handler.send_header("Retry-After", asked)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.answers["/feed"] = answer
    with pytest.raises(Temporary) as caught:
        fetch(f"{server.url}/feed", allow=LOCAL)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 599])
def test_server_errors_and_rate_limits_are_temporary(server: Any, status: int) -> None:
    url = server.says("/feed", status=status, headers={"Retry-After": "120"})
    with pytest.raises(Temporary, match=rf"answered {status}") as caught:
        fetch(url, allow=LOCAL)
    assert (caught.value.status, caught.value.retry_after) == (status, 120.0)
    assert isinstance(caught.value, TemporaryError)


def test_a_missing_page_reads_as_a_sentence(server: Any) -> None:
    with pytest.raises(Permanent, match=r"^The server answered 404 Not Found\.$"):
        fetch(server.says("/feed", status=404), allow=LOCAL)


def test_a_closed_port_is_temporary() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(Temporary, match="could not be reached"):
        fetch(f"http://127.0.0.1:{port}/", allow=LOCAL)


def test_a_proxy_of_the_machine_is_not_used(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert fetch(server.says("/feed", b"x"), allow=LOCAL).content == b"x"
