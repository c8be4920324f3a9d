"""Open a connection to a relay by smtplib: greeting, TLS and sign-in; mails go by the engine."""

import smtplib
import socket
import ssl
from dataclasses import dataclass

from newsletter.mail.outgoing import RelayUnavailable
from newsletter.mail.smtp import Extensions
from newsletter.mail.smtp_replies import Reply
from newsletter.mail.smtp_url import Relay, Tls

_BROKEN = (OSError, ValueError)  # smtplib's errors are OSErrors; ValueError: overlong lines


@dataclass(frozen=True)
class Timeouts:
    """How long a server may stay silent, in seconds (RFC 5321 §4.5.3.2)."""

    connect: float = 30
    command: float = 300
    final_reply: float = 600
    quit: float = 5


@dataclass(frozen=True)
class Greeted:
    """A greeted, protected and signed-in connection, and what the relay offered on it."""

    socket: socket.socket
    extensions: Extensions

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def connect(relay: Relay, *, tls_context: ssl.SSLContext, timeouts: Timeouts) -> Greeted:
    """Open a connection ready for mail; raises RelayUnavailable."""
    try:
        smtp = _greeted(relay, tls_context, timeouts)
    except smtplib.SMTPResponseException as error:
        raise _unavailable(relay, _reply_of(error)) from None
    except _BROKEN as error:
        raise _unavailable(relay, reason(error)) from None
    try:
        _prepare(smtp, relay, tls_context)
    except BaseException as error:
        smtp.close()
        if isinstance(error, smtplib.SMTPAuthenticationError):
            raise _unavailable(relay, f"the sign-in failed: {_reply_of(error)}") from None
        if isinstance(error, smtplib.SMTPResponseException):
            raise _unavailable(relay, _reply_of(error)) from None
        if isinstance(error, _BROKEN):
            raise _unavailable(relay, reason(error)) from None
        raise
    if smtp.sock is None:
        raise _unavailable(relay, "it hung up")
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
    if relay.tls is Tls.IMPLICIT:
        return smtplib.SMTP_SSL(
            relay.host,
            relay.port,
            local_hostname=relay.helo,
            timeout=timeouts.connect,
            context=tls_context,
        )
    return smtplib.SMTP(relay.host, relay.port, local_hostname=relay.helo, timeout=timeouts.connect)


def _prepare(smtp: smtplib.SMTP, relay: Relay, tls_context: ssl.SSLContext) -> None:
    smtp.ehlo_or_helo_if_needed()
    if relay.tls is Tls.STARTTLS:
        smtp.starttls(context=tls_context)
        smtp.ehlo_or_helo_if_needed()
    if relay.username is not None and relay.password is not None:
        smtp.login(relay.username, relay.password)


def _unavailable(relay: Relay, why: str) -> RelayUnavailable:
    return RelayUnavailable(f"The relay {relay.address} cannot be used: {why}.")


def _reply_of(error: smtplib.SMTPResponseException) -> str:
    text = error.smtp_error
    return str(Reply.of(error.smtp_code, text if isinstance(text, bytes) else text.encode()))
