"""What is fetched stands outside: no address within, in whatever spelling or at second glance."""

import socket
import threading
import time
from typing import Any

import pytest

from newsletter.articles.fetch import FetchError, Permanent, Temporary, fetch


def test_a_redirect_to_an_internal_address_is_refused(start_server: Any) -> None:
    server, other = start_server(), start_server()
    server.redirects("/feed", other.says("/secret", b"secret"))
    with pytest.raises(Permanent, match="internal address"):
        fetch(server.url + "/feed", allow=(f"127.0.0.1:{server.port}",))
    assert other.requests == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00::1]",
    ],
)
def test_internal_addresses_are_refused_in_every_spelling(server: Any, host: str) -> None:
    server.says("/", b"secret")
    with pytest.raises(FetchError) as caught:
        fetch(f"http://{host}:{server.port}/", max_seconds=5)
    assert server.requests == []
    if not host.startswith(("0x", "2130")):  # a resolver may not know these spellings at all
        assert isinstance(caught.value, Permanent)


def test_the_host_header_keeps_the_name(server: Any) -> None:
    server.says("/feed", b"x")
    fetch(f"http://localhost:{server.port}/feed", allow=("localhost",))
    assert server.requests[0][1]["Host"] == f"localhost:{server.port}"


def test_a_name_that_changes_its_address_is_asked_only_once(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.says("/feed", b"secret")
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    asked: list[str] = []
    reached: list[str] = []

    def look_up(host: str, port: int, **_: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(address: str, _port: int, _seconds: float) -> socket.socket:
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("newsletter.articles.public_addresses.socket.getaddrinfo", look_up)
    monkeypatch.setattr("newsletter.articles.guarded_connection.connect", connect)
    with pytest.raises(Temporary, match="could not be reached"):
        fetch(f"http://rebind.example.org:{server.port}/feed")
    assert asked == ["rebind.example.org"]
    assert reached == ["93.184.216.34"]


def test_one_internal_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(_host: str, port: int, **_: object) -> list[object]:
        addresses = ("93.184.216.34", "10.0.0.7")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr("newsletter.articles.public_addresses.socket.getaddrinfo", look_up)
    with pytest.raises(Permanent, match="internal address"):
        fetch("http://mixed.example.org/feed")


def test_a_name_nobody_knows_is_temporary(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr("newsletter.articles.public_addresses.socket.getaddrinfo", look_up)
    with pytest.raises(Temporary, match="could not be looked up"):
        fetch("http://nobody.example.org/feed")


def test_a_name_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def look_up(*_: object, **__: object) -> list[object]:
        released.wait(60)
        return []

    monkeypatch.setattr("newsletter.articles.public_addresses.socket.getaddrinfo", look_up)
    started = time.monotonic()
    with pytest.raises(Temporary, match="took too long"):
        fetch("http://slow.example.org/feed", max_seconds=0.3)
    released.set()
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/feed",
        "javascript:alert(1)",
        "/feed",
        "",
        "http://",
        "http://reader:secret@example.org/feed",
        "http://@example.org/",
        "http://example.org:99999/",
        "http://[::1/",
        "http://exa mple.org/",
        "http://127.0.0.1\\@example.org/",
    ],
)
def test_malformed_addresses_are_refused_for_good(url: str) -> None:
    with pytest.raises(Permanent) as caught:
        fetch(url)
    assert "secret" not in str(caught.value)
