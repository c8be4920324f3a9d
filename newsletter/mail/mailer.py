"""The mailer: the one seam between the service and the world's mail servers."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Protocol

from newsletter.errors import PermanentError
from newsletter.mail.outbox_mailer import OutboxMailer
from newsletter.mail.outgoing import (
    Accepted,
    Deferred,
    InDoubt,
    Outcome,
    OutgoingMail,
    Refused,
    RelayUnavailable,
    Withdrawable,
)
from newsletter.mail.relay_choice import GateOf, open_to_all
from newsletter.mail.smtp_mailer import SmtpMailer
from newsletter.mail.smtp_url import parse_smtp_urls

__all__ = [
    "Accepted",
    "Deferred",
    "InDoubt",
    "Mailer",
    "MailerNotConfigured",
    "OutboxMailer",
    "Outcome",
    "OutgoingMail",
    "RecordingMailer",
    "Refused",
    "RelayUnavailable",
    "SmtpMailer",
    "Withdrawable",
    "open_mailer",
    "send_one",
]


class Mailer(Protocol):
    """Whatever takes mails and says what became of each."""

    def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Sequence[Outcome]]:
        """Pull mails as they can be sent and yield one outcome for each, in groups.

        An implementation may keep several mails in flight, so outcomes carry the mail's id and
        may come in another order. It writes no further content on the connections of a group
        until the next group is asked for: whoever notes each group first has at most one mail
        per connection that is neither noted nor certain, or `Relay.bdat` mails where that many
        are kept in flight; so many may go out twice if the caller is killed. A group may be
        empty: while a relay is silent, the caller gets its turn to write down what it knows. A
        mail that was pulled and has no outcome when RelayUnavailable is raised was not taken. To
        stop early, let `mails` end: what is under way is finished. If `mails` are Withdrawable and
        withdrawn, only content that was written is finished, and mails without an outcome were not
        taken. Closing the iterator hangs up on it.
        """
        ...

    def describe(self) -> str:
        """Return in words where mails go, without secrets."""
        ...


def send_one(mailer: Mailer, mail: OutgoingMail) -> Outcome:
    """Send a single mail and return what became of it.

    Raises:
        RelayUnavailable: it was not taken.
    """
    (outcome,) = chain.from_iterable(mailer.send([mail]))
    return outcome


class MailerNotConfigured(PermanentError):
    """Neither a relay nor an outbox folder is set."""


def open_mailer(
    *, smtp_url: str | None, outbox_folder: Path | None, gate_of: GateOf = open_to_all
) -> Mailer:
    """Return the mailer the settings ask for; a relay goes before the outbox folder.

    `gate_of` opens the gate that says what a relay may take. Raises SmtpUrlError or
    MailerNotConfigured; connects to nothing yet.
    """
    if smtp_url:
        return SmtpMailer(parse_smtp_urls(smtp_url), gate_of=gate_of)
    if outbox_folder:
        return OutboxMailer(outbox_folder)
    raise MailerNotConfigured("Set SMTP_URL, or the outbox folder for mails that stay here.")


class RecordingMailer:
    """Keeps mails in memory for tests.

    `answers` says for a recipient what becomes of its mail; all others are accepted. With
    `unavailable_after`, RelayUnavailable is raised once that many mails were answered.
    """

    def __init__(
        self,
        *,
        answers: Mapping[str, Callable[[OutgoingMail], Outcome]] | None = None,
        unavailable_after: int | None = None,
    ) -> None:
        self.sent: list[OutgoingMail] = []  # accepted, in order
        self.tried: list[OutgoingMail] = []  # all that were answered, in order
        self._answers = answers or {}
        self._unavailable_after = unavailable_after

    def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Sequence[Outcome]]:
        """Record one mail, yield its outcome, then ask for the next."""
        for mail in mails:
            if self._unavailable_after is not None and len(self.tried) >= self._unavailable_after:
                raise RelayUnavailable("The recording mailer was told to be unavailable.")
            self.tried.append(mail)
            outcome = self._answers.get(mail.recipient, _accept)(mail)
            if isinstance(outcome, Accepted):
                self.sent.append(mail)
            yield [outcome]

    def describe(self) -> str:
        """Return that nothing is sent."""
        return "kept in memory; no mail leaves this machine"


def _accept(mail: OutgoingMail) -> Outcome:
    return Accepted(mail.id, "250 2.0.0 recorded")
