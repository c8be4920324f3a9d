"""Fetching within limits, against real servers on loopback."""

import gzip
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from newsletter.articles.fetch import FetchError, Permanent, Temporary, fetch
from newsletter.errors import PermanentError, TemporaryError

LOCAL = ("127.0.0.0/8",)


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
        released.wait(10)
        return []

    monkeypatch.setattr("newsletter.articles.public_addresses.socket.getaddrinfo", look_up)
    started = time.monotonic()
    with pytest.raises(Temporary, match="took too long"):
        fetch("http://slow.example.org/feed", max_seconds=0.3)
    released.set()
    assert time.monotonic() - started < 3


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


def test_a_body_over_the_limit_is_refused(server: Any) -> None:
    url = server.says("/feed", b"x" * 2001)
    with pytest.raises(Permanent, match="larger than 2000 bytes"):
        fetch(url, allow=LOCAL, max_bytes=2000)
    assert len(fetch(url, allow=LOCAL, max_bytes=2001).content) == 2001


def test_an_endless_body_is_cut_off(server: Any) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    server.answers["/feed"] = endless
    with pytest.raises(Permanent, match="larger than 1 MB"):
        fetch(server.url + "/feed", allow=LOCAL, max_bytes=1024 * 1024)


def test_compressed_feeds_are_unpacked(server: Any) -> None:
    body = gzip.compress(b"<rss/>")
    url = server.says("/feed", body, headers={"Content-Encoding": "gzip"})
    assert fetch(url, allow=LOCAL).content == b"<rss/>"


def test_a_compression_bomb_is_refused_in_little_memory(server: Any) -> None:
    bomb = gzip.compress(bytes(200 * 1024 * 1024), compresslevel=9)
    url = server.says("/feed", bomb, headers={"Content-Encoding": "gzip"})
    del bomb
    tracemalloc.start()
    try:
        with pytest.raises(Permanent, match="larger than 10 MB"):
            fetch(url, allow=LOCAL)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 * 1024 * 1024


def test_a_damaged_compressed_body_is_temporary(server: Any) -> None:
    url = server.says("/feed", b"not gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(Temporary, match="damaged"):
        fetch(url, allow=LOCAL)


def _drip(handler: BaseHTTPRequestHandler, pieces: int = 200) -> None:
    for _ in range(pieces):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def test_a_body_that_drips_ends_on_time(server: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        _drip(handler)

    server.answers["/feed"] = answer
    started = time.monotonic()
    with pytest.raises(Temporary, match="too slow"):
        fetch(server.url + "/feed", allow=LOCAL, max_seconds=0.6)
    assert time.monotonic() - started < 3


def test_a_body_that_drips_compressed_ends_on_time(server: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        for byte in gzip.compress(bytes(range(256)) * 4):
            handler.wfile.write(bytes([byte]))
            time.sleep(0.05)

    server.answers["/feed"] = answer
    with pytest.raises(Temporary, match="too slow"):
        fetch(server.url + "/feed", allow=LOCAL, max_seconds=0.6)


def test_headers_that_drip_end_on_time(server: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        _drip(handler)

    server.answers["/feed"] = answer
    started = time.monotonic()
    with pytest.raises(Temporary, match="too slow"):
        fetch(server.url + "/feed", allow=LOCAL, max_seconds=0.6)
    assert time.monotonic() - started < 3


def test_a_server_that_says_nothing_ends_on_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(Temporary, match="too slow"):
            fetch(f"http://127.0.0.1:{port}/", allow=LOCAL, max_seconds=0.4)


def test_an_answer_that_is_not_http_is_temporary() -> None:
    def babble(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"220 mail.example.org ESMTP\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=babble, args=(listening,))
        thread.start()
        with pytest.raises(Temporary):
            fetch(f"http://127.0.0.1:{listening.getsockname()[1]}/", allow=LOCAL)
        thread.join()


def test_a_body_shorter_than_announced_is_temporary(server: Any) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"only this")

    server.answers["/feed"] = answer
    with pytest.raises(Temporary, match="broke off"):
        fetch(server.url + "/feed", allow=LOCAL)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for feeds.example.org with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "feeds.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("feeds.example.org")]), False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[tuple[int, list[str | None]]]:
    """A TLS server that answers one feed and remembers the names asked for by SNI."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    names: list[str | None] = []

    def remember(_socket: object, name: str | None, _context: object) -> None:
        names.append(name)

    context.sni_callback = remember
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    connection.recv(4000)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>")
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1], names
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)


def _everything_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(_host: str, port: int, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr("newsletter.articles.public_addresses.socket.getaddrinfo", look_up)


def test_tls_names_the_host_and_checks_its_certificate(
    tls_server: tuple[int, list[str | None]],
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port, names = tls_server
    _everything_is_local(monkeypatch)
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    got = fetch(f"https://feeds.example.org:{port}/", allow=LOCAL)
    assert got.content == b"<rss/>"
    assert names == ["feeds.example.org"]
    with pytest.raises(Temporary, match="certificate"):
        fetch(f"https://other.example.org:{port}/", allow=LOCAL)


def test_a_certificate_nobody_vouches_for_is_refused(
    tls_server: tuple[int, list[str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, _names = tls_server
    _everything_is_local(monkeypatch)
    with pytest.raises(Temporary, match="certificate"):
        fetch(f"https://feeds.example.org:{port}/", allow=LOCAL)


def test_a_proxy_of_the_machine_is_not_used(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert fetch(server.says("/feed", b"x"), allow=LOCAL).content == b"x"
