"""Write the welcome as a mail that can be unsubscribed from, like the digests it announces."""

from datetime import datetime

from newsletter.digests.welcome import render_welcome
from newsletter.mail.addresses import ascii_address
from newsletter.mail.markers import Markers
from newsletter.mail.message import compile_message
from newsletter.mail.outgoing import OutgoingMail
from newsletter.publications.dkim_keys import signer_of
from newsletter.subscriptions.letter_envelope import headers_of, values_of
from newsletter.subscriptions.letter_names import letter_return_path
from newsletter.subscriptions.letters import write_letter
from newsletter.subscriptions.models import Letter, LetterKind


def write_any(letter: Letter, *, now: datetime) -> OutgoingMail:
    """Write whatever letter is owed.

    Raises:
        AddressError: the reader cannot be written to.
        UnreadableKey.
    """
    return (_written if letter.kind is LetterKind.WELCOME else write_letter)(letter, now=now)


def _written(letter: Letter, *, now: datetime) -> OutgoingMail:
    subscription = letter.subscription
    publication = subscription.publication
    markers = Markers.fresh()
    rendered = render_welcome(subscription=subscription, markers=markers, now=now)
    message = compile_message(
        headers=headers_of(letter, subject=rendered.subject, markers=markers, now=now),
        text=rendered.text,
        html=rendered.html,
        markers=markers,
    )
    recipient = ascii_address(subscription.subscriber.email)
    values = values_of(letter, recipient=recipient)
    content = signer_of(publication, now=now).sign(message.stamp(values))
    return OutgoingMail(
        id=str(letter.id),
        sender=letter_return_path(letter),
        recipient=recipient,
        content=content,
    )
