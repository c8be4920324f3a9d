"""The LMTP listener: a thread for each connection, a unit of work for each mail."""

import signal
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
import structlog
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.feedback.receive import EmptyMail, receive_mail
from newsletter.mail.bounce_reports import MOST_OCTETS
from newsletter.mail.lmtp import GREETING, LmtpSession
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: Seconds after which a silent mail server is hung up on; it comes again.
SILENCE_SECONDS = 300
_LINE = 64 * 1024


def listen_lmtp(where: str) -> None:
    """Serve until SIGTERM or Ctrl-C; what is in hand is finished."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with lmtp_server(where, app) as server:

        def stop(*_: Any) -> None:
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        log.info("lmtp_listens")
        click.echo(f"Listening for LMTP at {where}.", err=True)
        server.serve_forever(poll_interval=0.2)


@contextmanager
def lmtp_server(where: str, app: Flask) -> Iterator[socketserver.BaseServer]:
    """Open the listener; a socket file is removed again."""
    if where.startswith("unix:"):
        path = Path(where.removeprefix("unix:"))
        path.unlink(missing_ok=True)
        with _UnixServer(str(path), _handler(app)) as server:
            yield server
        path.unlink(missing_ok=True)
        return
    host, _, port = where.rpartition(":")
    if not host or not port.isdigit():
        raise click.BadParameter("expected HOST:PORT or unix:/PATH", param_hint="--lmtp")
    with _TcpServer((host.strip("[]"), int(port)), _handler(app)) as server:
        yield server


class _TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False  # a mail that is being stored is stored


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = False


def _handler(app: Flask) -> type[socketserver.StreamRequestHandler]:
    def deliver(content: bytes, recipient: str) -> str:
        with app.app_context():
            return take(content, recipient)

    class Handler(socketserver.StreamRequestHandler):
        timeout = SILENCE_SECONDS

        def handle(self) -> None:
            session = LmtpSession(deliver, most_octets=MOST_OCTETS)
            with suppress(OSError):
                self._say(GREETING)
                while not session.closed and (line := self.rfile.readline(_LINE)):
                    for answer in session.feed(line):
                        self._say(answer)

        def _say(self, answer: str) -> None:
            self.wfile.write(f"{answer}\r\n".encode())

    return Handler


def take(content: bytes, recipient: str) -> str:
    """Store one mail and return the answer for its recipient."""
    try:
        with unit_of_work():
            receive_mail(octets=content, recipient=recipient, now=utc_now())
    except EmptyMail:
        return "554 5.6.0 There is nothing in it"
    except SQLAlchemyError as error:
        db.session.rollback()
        log.error("bounce_not_stored", error=type(error).__name__)
        return "451 4.3.0 Try again later"
    return "250 2.0.0 Stored"
