"""Mail servers for these tests: one that follows a script, one by aiosmtpd with TLS and AUTH."""

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import cycle
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HANG_UP = "hang up"

#: A reply, or what is done with the connection instead; what that returns is replied next, and
#: the connection ends if it is nothing.
Reply = str | Callable[[socket.socket], str | None]

DEFAULTS = {
    "CONNECT": "220 scripted",
    "EHLO": "250-scripted\r\n250-SIZE 50000000\r\n250 8BITMIME",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    "READ": "",
    "CONTENT": "250 2.0.0 queued",
    "BDAT": "250 2.0.0 queued",
    "RSET": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}


def _close_gently(connection: socket.socket) -> None:
    """Close so that all that was said arrives: unread octets would make it a reset."""
    connection.settimeout(5)
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65_536):
        pass


class ScriptedServer:
    """Answers each command by the next reply scripted for its verb, then by the default.

    HANG_UP closes the connection instead of answering; a function has the connection to itself.
    `transcripts` holds the command lines of each connection, `contents` the whole messages as they
    came, dots undone. It takes `content_seconds` to answer a content, `seconds` to answer other
    verbs, and `now_open` counts the connections.
    """

    def __init__(self, *, port: int = 0, **script: list[Reply]) -> None:
        self.transcripts: list[list[str]] = []
        self.contents: list[bytes] = []
        self.content_seconds = 0.0
        self.seconds: dict[str, float] = {}
        self.now_open = 0
        self._counting = threading.Lock()
        self._script = {verb: list(replies) for verb, replies in script.items()}
        self._listener = socket.create_server(("127.0.0.1", port))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?helo=tests.example.org"

    def script(self, **script: list[Reply]) -> None:
        """Answer so from now on; what was scripted for these verbs is forgotten."""
        self._script |= script

    def verbs(self, connection: int = 0) -> list[str]:
        return [line.split(" ")[0] for line in self.transcripts[connection]]

    def __enter__(self) -> "ScriptedServer":
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone does not wake a thread that waits in accept().
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            # Else a reply may wait for the one before to be confirmed, and be lost with a reset.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(connection)
            transcript: list[str] = []
            self.transcripts.append(transcript)
            self._start(self._serve_counted, connection, transcript)

    def _reply(self, verb: str) -> Reply:
        time.sleep(self.seconds.get(verb, 0))
        replies = self._script.get(verb)
        return replies.pop(0) if replies else DEFAULTS.get(verb, "502 5.5.2 unknown")

    def _serve_counted(self, connection: socket.socket, transcript: list[str]) -> None:
        with self._counting:
            self.now_open += 1
        try:
            self._serve(connection, transcript)
        finally:
            with self._counting:
                self.now_open -= 1

    def _serve(self, connection: socket.socket, transcript: list[str]) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            reply: Reply | None = self._reply("CONNECT")
            while reply and reply != HANG_UP:
                if callable(reply):
                    reply = reply(connection)
                    continue
                connection.sendall(reply.encode() + b"\r\n")
                if reply.startswith(("221", "421")):
                    _close_gently(connection)
                    return
                if reply.startswith("354"):
                    reply = self._reply("READ") or self._content(lines)
                    continue
                line = lines.readline()
                if not line:
                    return
                transcript.append(line.decode().rstrip("\r\n"))
                verb = transcript[-1].split(" ")[0].upper()
                if verb == "BDAT":
                    self.contents.append(lines.read(int(transcript[-1].split(" ")[1])))
                reply = self._reply(verb)

    def _content(self, lines) -> Reply:
        self._read_content(lines)
        time.sleep(self.content_seconds)
        return self._reply("CONTENT")

    def _read_content(self, lines) -> None:
        content = []
        while (line := lines.readline()) != b".\r\n":
            if not line:
                return  # hung up before its end: no message
            content.append(line.removeprefix(b"."))
        self.contents.append(b"".join(content))


def say_nothing(connection: socket.socket) -> None:
    """Neither read nor answer until the other side hangs up."""
    gone = select.poll()
    gone.register(connection, select.POLLRDHUP)
    gone.poll(30_000)


def trickle(connection: socket.socket) -> None:
    """Begin a reply and go on with it for ever, octet by octet."""
    with suppress(OSError):
        for octet in cycle(b"250-and more\r\n"):
            connection.sendall(bytes([octet]))
            time.sleep(0.02)


def read_slowly(connection: socket.socket) -> str:
    """Read a content a quarter of a megabyte at a time, with pauses."""
    end = b""
    while not end.endswith(b"\r\n.\r\n"):
        end = end[-5:] + connection.recv(250_000)
        time.sleep(0.02)
    return "250 2.0.0 queued"


class Inbox:
    """An aiosmtpd handler that keeps what it takes."""

    def __init__(self) -> None:
        self.envelopes = []
        self.sessions = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.envelopes.append(envelope)
        self.sessions.append(session)
        return "250 2.0.0 kept"


def controller(
    inbox: Inbox, *, password: str | None = None, host: str = "127.0.0.1", **options
) -> Controller:
    """An aiosmtpd server on a free port of localhost; options as of aiosmtpd's SMTP."""

    def authenticate(_server, _session, _envelope, _mechanism, data) -> AuthResult:
        fits = isinstance(data, LoginPassword) and data.password == password.encode()
        return AuthResult(success=fits, handled=False, auth_data="sender" if fits else None)

    if password is not None:
        options |= {"authenticator": authenticate, "auth_required": True}
    return Controller(inbox, hostname=host, port=free_port(), **options)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def server_context(folder: Path) -> ssl.SSLContext:
    """A server's TLS context with a certificate of its own for localhost, kept in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context
