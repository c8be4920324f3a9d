"""One connection to a relay, by smtplib: open it, hand over one mail at a time, say goodbye."""

import contextlib
import re
import smtplib
import ssl
from dataclasses import dataclass

from newsletter.mail.addresses import AddressError, mailable_address
from newsletter.mail.outgoing import (
    Accepted,
    InDoubt,
    Outcome,
    OutgoingMail,
    Refused,
    RelayUnavailable,
)
from newsletter.mail.smtp_replies import Reply, Step, not_taken
from newsletter.mail.smtp_url import Relay, Tls

_REFUSALS_IN_A_ROW = 8  # Postfix slows down after ten errors and hangs up after twenty
_BROKEN = (OSError, ValueError)  # smtplib's errors are OSErrors; ValueError: overlong lines
_BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)")


@dataclass(frozen=True)
class Timeouts:
    """How long a server may stay silent, in seconds (RFC 5321 §4.5.3.2)."""

    connect: float = 30
    command: float = 300
    final_reply: float = 600
    quit: float = 5


class ConnectionLost(Exception):
    """The connection ended before the final dot, so the mail was not taken."""


class SmtpConnection:
    """A greeted, protected and signed-in connection."""

    def __init__(self, smtp: smtplib.SMTP, relay: Relay, timeouts: Timeouts) -> None:
        self._smtp = smtp
        self._relay = relay
        self._timeouts = timeouts
        self._refusals = 0

    @property
    def usable(self) -> bool:
        """Whether the next mail may go this way."""
        return self._smtp.sock is not None and self._refusals < _REFUSALS_IN_A_ROW

    def deliver(self, mail: OutgoingMail) -> Outcome:
        """Hand over one mail; it was not taken if ConnectionLost or RelayUnavailable is raised."""
        try:
            sender = mailable_address(mail.sender) if mail.sender else ""
            recipient = mailable_address(mail.recipient)
        except AddressError as error:
            return Refused(mail.id, 553, f"5.1.3 {error}")
        options = self._mail_options(mail)
        if not (sender + recipient).isascii():
            if not self._smtp.has_extn("smtputf8"):
                return Refused(mail.id, 553, "5.6.7 The relay does not offer SMTPUTF8.")
            options += " SMTPUTF8"
        for step, command, wanted in (
            (Step.MAIL, f"MAIL FROM:<{sender}>{options}", 2),
            (Step.RCPT, f"RCPT TO:<{recipient}>", 2),
            (Step.DATA, "DATA", 3),
        ):
            reply = self._command(command)
            if reply.code // 100 != wanted:
                return self._not_taken(mail, step, reply)
        return self._content(mail)

    def close(self) -> None:
        """Say QUIT, but do not wait long for the answer."""
        with contextlib.suppress(*_BROKEN):
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(self._timeouts.quit)
                self._smtp.quit()
        self._smtp.close()

    def _mail_options(self, mail: OutgoingMail) -> str:
        return f" SIZE={len(mail.content)}" if self._smtp.has_extn("size") else ""

    def _content(self, mail: OutgoingMail) -> Outcome:
        try:
            self._smtp.send(_on_the_wire(mail.content))
        except _BROKEN as error:
            # The dot is the last thing written: had it left, writing would have succeeded.
            self._smtp.close()
            raise ConnectionLost(_reason(error)) from None
        try:
            reply = self._reply(self._timeouts.final_reply)
        except ConnectionLost as lost:
            return InDoubt(mail.id, f"The connection ended before the reply: {lost}")
        if reply.code // 100 == 2:
            self._refusals = 0
            return Accepted(mail.id, str(reply))
        if not 400 <= reply.code < 600:
            self._smtp.close()
            return InDoubt(mail.id, f"The reply could not be understood: {reply}")
        return self._not_taken(mail, Step.CONTENT, reply)

    def _not_taken(self, mail: OutgoingMail, step: Step, reply: Reply) -> Outcome:
        outcome = not_taken(mail.id, step, reply, relay=self._relay.address)
        self._refusals += 1
        if step is not Step.CONTENT:
            self._reset()
        return outcome

    def _reset(self) -> None:
        try:
            reply = self._command("RSET")
        except ConnectionLost:
            return  # the outcome stands; the next mail gets a fresh connection
        if reply.code // 100 != 2:
            self._smtp.close()

    def _command(self, line: str) -> Reply:
        try:
            self._smtp.send(f"{line}\r\n".encode())
        except _BROKEN as error:
            self._smtp.close()
            raise ConnectionLost(_reason(error)) from None
        return self._reply(self._timeouts.command)

    def _reply(self, timeout: float) -> Reply:
        try:
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(timeout)
            return Reply.of(*self._smtp.getreply())
        except _BROKEN as error:
            self._smtp.close()
            raise ConnectionLost(_reason(error)) from None


def connect(relay: Relay, *, tls_context: ssl.SSLContext, timeouts: Timeouts) -> SmtpConnection:
    """Open a connection ready for mail; raises RelayUnavailable."""
    try:
        smtp = _greeted(relay, tls_context, timeouts)
    except smtplib.SMTPResponseException as error:
        raise _unavailable(relay, _reply_of(error)) from None
    except _BROKEN as error:
        raise _unavailable(relay, _reason(error)) from None
    try:
        _prepare(smtp, relay, tls_context)
    except BaseException as error:
        smtp.close()
        if isinstance(error, smtplib.SMTPAuthenticationError):
            raise _unavailable(relay, f"the sign-in failed: {_reply_of(error)}") from None
        if isinstance(error, smtplib.SMTPResponseException):
            raise _unavailable(relay, _reply_of(error)) from None
        if isinstance(error, _BROKEN):
            raise _unavailable(relay, _reason(error)) from None
        raise
    return SmtpConnection(smtp, relay, timeouts)


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


def _on_the_wire(content: bytes) -> bytes:
    if content.count(b"\r\n") != content.count(b"\n") or b"\r" in content.replace(b"\r\n", b""):
        # A bare line end before a dot could smuggle in a second mail.
        content = _BARE_LINE_END.sub(b"\r\n", content)
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return (b"." if content.startswith(b".") else b"") + stuffed + b".\r\n"


def _unavailable(relay: Relay, reason: str) -> RelayUnavailable:
    return RelayUnavailable(f"The relay {relay.address} cannot be used: {reason}.")


def _reply_of(error: smtplib.SMTPResponseException) -> str:
    text = error.smtp_error
    return str(Reply.of(error.smtp_code, text if isinstance(text, bytes) else text.encode()))


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    if isinstance(error, UnicodeError):
        return "its user name or password is not ASCII"
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).rstrip(".") or type(error).__name__
