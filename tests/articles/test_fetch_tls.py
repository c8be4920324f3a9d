"""TLS names the host, and certificates are checked."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from newsletter.articles.fetch import Temporary, fetch
from tests.articles.conftest import LOCAL


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
