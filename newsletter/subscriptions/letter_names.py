"""What a letter is called, so that whatever comes back finds it: return path and Message-ID."""

from newsletter.config import settings
from newsletter.mail.addresses import ascii_address, ascii_domain
from newsletter.mail.message_id import message_id
from newsletter.mail.return_path import sign_return_path
from newsletter.subscriptions.models import Letter


def letter_message_id(letter: Letter) -> str:
    """Return its Message-ID, the same at every attempt."""
    domain = ascii_domain(letter.subscription.publication.from_email.rpartition("@")[2])
    key = settings.secret_keys[-1]
    return message_id(kind="letter", number=letter.id, domain=domain, key=key)


def letter_return_path(letter: Letter) -> str:
    """Return its envelope sender; the publication's address where no domain takes bounces."""
    if not settings.bounce_domain:
        return ascii_address(letter.subscription.publication.from_email)
    key = settings.secret_keys[-1].encode()
    domain = settings.bounce_domain
    return sign_return_path(number=letter.id, domain=domain, key=key, kind="letter")
