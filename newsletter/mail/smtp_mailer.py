"""The SMTP mailer: sends by the first of its relays that takes mail."""

import ssl
from collections.abc import Iterable, Iterator, Sequence

from newsletter.mail.outgoing import Outcome, OutgoingMail
from newsletter.mail.relay_choice import GateOf, RelayChoice, open_to_all
from newsletter.mail.smtp_run import SmtpRun
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import Relay


class SmtpMailer:
    """Sends by the first of its relays that takes mail."""

    def __init__(
        self,
        relays: Sequence[Relay],
        *,
        tls_context: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
        gate_of: GateOf = open_to_all,
    ) -> None:
        self._relays = tuple(relays)
        self._gate_of = gate_of
        self._tls_context = tls_context or ssl.create_default_context()
        self._timeouts = timeouts or Timeouts()

    def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Sequence[Outcome]]:
        """Yield outcomes in groups; go on with their connections when the next group is asked for.

        The connections last as long as the iterator, which says QUIT when it ends or is closed.
        Raises RelayUnavailable; mails without an outcome were then not taken.
        """
        choice = RelayChoice(self._relays, self._gate_of)
        run = SmtpRun(mails, choice, self._tls_context, self._timeouts)
        try:
            yield from run.groups()
        finally:
            run.close()

    def describe(self) -> str:
        """Return the relays in words, without secrets."""
        return "SMTP by " + ", else ".join(relay.describe() for relay in self._relays)
