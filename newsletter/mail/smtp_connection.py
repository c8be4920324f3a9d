"""Open a connection to a relay by smtplib: greeting, TLS and sign-in; mails go by the engine."""

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass

from newsletter.mail.outgoing import RelayUnavailable
from newsletter.mail.relay_reactions import NOBODY_SAID
from newsletter.mail.smtp_client import PlainClient, TlsClient
from newsletter.mail.smtp_envelope import Extensions
from newsletter.mail.smtp_replies import Reply
from newsletter.mail.smtp_scram import offered_mechanisms, sign_in
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import Relay, Tls

_BROKEN = (OSError, ValueError)  # smtplib's errors are OSErrors; ValueError: overlong lines
#: TLS or a way to sign in is not offered or not valid: nothing that the next try mends.
_NOT_SAFE = (ssl.SSLError, smtplib.SMTPException, UnicodeError)


class CannotConnect(RelayUnavailable):
    """The relay is not there, or did not let us in; `reply` is for its gate."""

    def __init__(self, relay: Relay, why: str, *, reply: Reply | None = None) -> None:
        super().__init__(f"The relay {relay.address} cannot be used: {why}.")
        self.reply = reply


@dataclass(frozen=True)
class Greeted:
    """A greeted, protected and signed-in connection, and what the relay offered on it."""

    socket: socket.socket
    extensions: Extensions

    def close(self) -> None:
        """Say QUIT and hang up."""
        with suppress(OSError):
            self.socket.settimeout(1)
            self.socket.sendall(b"QUIT\r\n")
            self.socket.recv(1024)
        self.socket.close()


def connect(relay: Relay, *, tls_context: ssl.SSLContext, timeouts: Timeouts) -> Greeted:
    """Open a connection ready for mail; raises CannotConnect."""
    try:
        smtp = _greeted(relay, tls_context, timeouts)
    except _BROKEN as error:
        raise _cannot(relay, error) from None
    try:
        _prepare(smtp, relay, tls_context)
    except BaseException as error:
        smtp.close()
        if isinstance(error, _BROKEN):
            raise _cannot(relay, error) from None
        raise
    if smtp.sock is None:
        raise CannotConnect(relay, "it hung up")
    smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Greeted(smtp.sock, Extensions.of(smtp.esmtp_features))


def reason(error: Exception) -> str:
    """Say in words why a connection failed, without repeating anything secret."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    if isinstance(error, UnicodeError):
        return "its user name or password is not ASCII"
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).rstrip(".") or type(error).__name__


def _greeted(relay: Relay, tls_context: ssl.SSLContext, timeouts: Timeouts) -> smtplib.SMTP:
    host, port, helo = relay.host, relay.port, relay.helo
    if relay.tls is Tls.IMPLICIT:
        return TlsClient(host, port, helo, context=tls_context, timeouts=timeouts)
    return PlainClient(host, port, helo, timeouts=timeouts)


def _prepare(smtp: smtplib.SMTP, relay: Relay, tls_context: ssl.SSLContext) -> None:
    smtp.ehlo_or_helo_if_needed()
    if relay.tls is Tls.STARTTLS:
        smtp.starttls(context=tls_context)
        smtp.ehlo_or_helo_if_needed()
    if relay.username is None or relay.password is None:
        return
    if mechanisms := offered_mechanisms(smtp):
        # Nothing else if it fails: a server that cannot prove itself is not told the password.
        sign_in(smtp, mechanisms, username=relay.username, password=relay.password)
    else:
        smtp.login(relay.username, relay.password)


def _cannot(relay: Relay, error: Exception) -> CannotConnect:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        said = Reply.of(error.smtp_code, text if isinstance(text, bytes) else text.encode())
        failed = "the sign-in failed: " * isinstance(error, smtplib.SMTPAuthenticationError)
        return CannotConnect(relay, f"{failed}{said}", reply=said)
    why = reason(error)
    if isinstance(error, smtplib.SMTPServerDisconnected) or not isinstance(error, _NOT_SAFE):
        return CannotConnect(relay, why)
    return CannotConnect(relay, why, reply=Reply(NOBODY_SAID, why))
