"""The post of one moment: every letter that is due, sent and opened."""

import email
import re
from dataclasses import dataclass
from datetime import datetime
from email import policy

from newsletter.deliveries.welcome import write_any
from newsletter.mail.mailer import RecordingMailer
from newsletter.subscriptions.letters import due_letters, send_letter


@dataclass(frozen=True)
class Opened:
    """A letter as its recipient reads it."""

    to: str
    subject: str
    text: str

    @property
    def path(self) -> str:
        """Where its one link leads."""
        (link,) = re.findall(r"https?://\S+", self.text)
        return link.removeprefix("http://localhost")

    @property
    def token(self) -> str:
        """What the link carries."""
        return self.path.rpartition("/")[2]


def deliver_post(*, now: datetime) -> list[Opened]:
    """Send what is due and return it, opened."""
    mailer = RecordingMailer()
    for letter_id in due_letters(now=now):
        send_letter(letter_id=letter_id, mailer=mailer, now=now, write=write_any)
    return [_open(mail.content) for mail in mailer.sent]


def _open(content: bytes) -> Opened:
    message = email.message_from_bytes(content, policy=policy.default)
    part = message.get_body(("plain",))  # type: ignore[attr-defined]
    return Opened(str(message["To"]), str(message["Subject"]), part.get_content())
