"""The post of one moment: every letter that is due, sent and opened."""

import email
import re
from dataclasses import dataclass
from datetime import datetime
from email import policy

from newsletter.deliveries.welcome import write_any
from newsletter.extensions import db
from newsletter.mail.mailer import RecordingMailer
from newsletter.subscriptions.letters import due_letters, send_letter
from newsletter.subscriptions.models import Letter, LetterKind


@dataclass(frozen=True)
class Opened:
    """A letter as its recipient reads it."""

    kind: LetterKind
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
    return [_open(int(mail.id), mail.content) for mail in mailer.sent]


def _open(letter_id: int, content: bytes) -> Opened:
    kind = db.session.get_one(Letter, letter_id).kind
    message = email.message_from_bytes(content, policy=policy.default)
    part = message.get_body(("plain",))  # type: ignore[attr-defined]
    return Opened(kind, str(message["To"]), str(message["Subject"]), part.get_content())
