"""Sign in by SCRAM (RFC 5802, RFC 7677): the password is not sent, and the server proves it too."""

import smtplib

from scramp import ScramClient, ScramException

#: Those an RFC defines; the hash of the older one is weak, its use here is not.
MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-1")
NOT_PROVEN = "the server did not prove that it knows the password"


def offered_mechanisms(smtp: smtplib.SMTP) -> list[str]:
    """Return the kinds of SCRAM that the server offers."""
    names = smtp.esmtp_features.get("auth", "").upper().split()
    return [name for name in MECHANISMS if name in names]


def sign_in(smtp: smtplib.SMTP, mechanisms: list[str], *, username: str, password: str) -> None:
    """Sign in by the strongest of the mechanisms.

    Raises:
        SMTPAuthenticationError: it does not take user name and password.
        SMTPException: it did not prove that it knows the password, so it may be anybody.
    """
    try:
        exchange = _Exchange(ScramClient(mechanisms, username, password))
    except ScramException:
        raise smtplib.SMTPException("user name or password cannot be used with SCRAM") from None
    smtp.auth(exchange.client.mechanism_name, exchange)
    if not exchange.proven:
        raise smtplib.SMTPException(NOT_PROVEN)


class _Exchange:
    """What smtplib asks for the next word: nothing at first, then with what the server said."""

    def __init__(self, client: ScramClient) -> None:
        self.client = client
        self.proven = False
        self._words = iter((self._final, self._nothing))

    def __call__(self, challenge: bytes | None = None) -> str:
        if challenge is None:
            return str(self.client.get_client_first())
        say = next(self._words, None)
        if say is None:
            raise smtplib.SMTPException("what it said to sign us in is not SCRAM")
        try:
            return say(challenge.decode())
        except (ScramException, ValueError, KeyError):
            # In our words: what the server sent stands in some of theirs.
            raise smtplib.SMTPException(NOT_PROVEN) from None

    def _final(self, server_first: str) -> str:
        self.client.set_server_first(server_first)
        return str(self.client.get_client_final())

    def _nothing(self, server_final: str) -> str:
        if not server_final.startswith("e="):  # else its next reply says that we are not let in
            self.client.set_server_final(server_final)
            self.proven = True
        return ""
