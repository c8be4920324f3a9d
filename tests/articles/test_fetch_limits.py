"""Bodies and time have limits: whatever a server does, fetching ends."""

import gzip
import socket
import threading
import time
import tracemalloc
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from newsletter.articles.fetch import Permanent, Temporary, fetch
from tests.articles.conftest import LOCAL


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


def _drip(handler: BaseHTTPRequestHandler, pieces: int = 1200) -> None:
    for _ in range(pieces):  # for a minute
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
    assert time.monotonic() - started < 30


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
    assert time.monotonic() - started < 30


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
