"""The plain SMTP mailer: one connection, one mail at a time, the next relay when one is gone."""

import ssl
import time
from collections.abc import Iterable, Iterator, Sequence

from newsletter.mail.outgoing import Deferred, Outcome, OutgoingMail, RelayUnavailable
from newsletter.mail.smtp_connection import ConnectionLost, SmtpConnection, Timeouts, connect
from newsletter.mail.smtp_url import Relay


class SmtpMailer:
    """Sends by the first of its relays that is there."""

    def __init__(
        self,
        relays: Sequence[Relay],
        *,
        tls_context: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._relays = tuple(relays)
        self._tls_context = tls_context or ssl.create_default_context()
        self._timeouts = timeouts or Timeouts()

    def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Outcome]:
        """Send one mail, yield its outcome, then ask for the next.

        The connection lasts as long as the iterator, which says QUIT when it ends or is closed.
        Raises RelayUnavailable; the mail that was asked for last was then not taken.
        """
        session = _Session(self._relays, self._tls_context, self._timeouts)
        try:
            for mail in mails:
                yield session.deliver(mail)
        finally:
            session.close()

    def describe(self) -> str:
        """Return the relays in words, without secrets."""
        return "SMTP by " + ", else ".join(relay.describe() for relay in self._relays)


class _Session:
    """The relay and connection one run of mails uses."""

    def __init__(
        self, relays: Sequence[Relay], tls_context: ssl.SSLContext, timeouts: Timeouts
    ) -> None:
        self._relays = list(relays)
        self._tls_context = tls_context
        self._timeouts = timeouts
        self._connection: SmtpConnection | None = None
        self._not_before = 0.0

    def deliver(self, mail: OutgoingMail) -> Outcome:
        reasons = []
        for _ in range(len(self._relays)):
            try:
                return self._deliver_by(self._relays[0], mail)
            except RelayUnavailable as unavailable:
                reasons.append(str(unavailable))
                self.close()
                # The one that failed goes to the end, so that the next mail does not try it first.
                self._relays.append(self._relays.pop(0))
        raise RelayUnavailable(" ".join(reasons))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _deliver_by(self, relay: Relay, mail: OutgoingMail) -> Outcome:
        self._wait_for_rate(relay)
        if self._connection is not None:
            try:
                return self._deliver_over(self._connection, mail)
            except (ConnectionLost, RelayUnavailable):
                self.close()  # servers end connections that served long; a fresh one decides
        self._connection = connect(relay, tls_context=self._tls_context, timeouts=self._timeouts)
        try:
            return self._deliver_over(self._connection, mail)
        except ConnectionLost as lost:
            self.close()
            # Not RelayUnavailable: were this mail the cause, it would hold up all behind it.
            return Deferred(mail.id, 451, f"4.4.2 The connection was lost: {lost}")

    def _deliver_over(self, connection: SmtpConnection, mail: OutgoingMail) -> Outcome:
        outcome = connection.deliver(mail)
        if not connection.usable:
            self.close()
        return outcome

    def _wait_for_rate(self, relay: Relay) -> None:
        if relay.rate_per_second is None:
            return
        wait = self._not_before - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._not_before = time.monotonic() + 1 / relay.rate_per_second
