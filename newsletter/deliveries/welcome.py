"""Write the welcome as a mail that can be unsubscribed from, like the digests it announces."""

from datetime import datetime

from newsletter.config import settings
from newsletter.digests.welcome import render_welcome
from newsletter.mail.addresses import ascii_address
from newsletter.mail.headers import digest_headers, returned_in
from newsletter.mail.markers import Markers, Placeholder
from newsletter.mail.message import compile_message
from newsletter.mail.outgoing import OutgoingMail
from newsletter.publications.dkim_keys import signer_of
from newsletter.publications.models import Publication
from newsletter.subscriptions.letter_names import letter_message_id, letter_return_path
from newsletter.subscriptions.letters import write_letter
from newsletter.subscriptions.links import link_writer
from newsletter.subscriptions.models import Letter, LetterKind
from newsletter.subscriptions.reader_places import reader_places


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
        headers=_headers(publication, rendered.subject, markers, now=now),
        text=rendered.text,
        html=rendered.html,
        markers=markers,
    )
    recipient = ascii_address(subscription.subscriber.email)
    links = link_writer().reader_links(subscription_id=subscription.id)
    values = {
        Placeholder.ADDRESS: recipient,
        Placeholder.MESSAGE_ID: letter_message_id(letter),
        **reader_places(links, bounce_domain=settings.bounce_domain),
    }
    content = signer_of(publication, now=now).sign(message.stamp(values))
    return OutgoingMail(
        id=str(letter.id),
        sender=letter_return_path(letter),
        recipient=recipient,
        content=content,
    )


def _headers(
    publication: Publication, subject: str, markers: Markers, *, now: datetime
) -> list[tuple[str, str]]:
    return digest_headers(
        markers=markers,
        from_name=publication.from_name,
        from_email=publication.from_email,
        reply_to=publication.reply_to or None,
        subject=subject,
        date=now,
        list_id=f"{publication.slug}.{publication.from_email.rpartition('@')[2]}",
        archive_url=f"{settings.base_url}/archive/",
        feedback_id=f"welcome:{publication.slug}:welcome:newsletter",
        mailto=bool(settings.bounce_domain),
        returned_in=returned_in(postmark=bool(settings.postmark_webhook)),
    )
