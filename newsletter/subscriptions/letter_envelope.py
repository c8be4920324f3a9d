"""What is written around the words of a letter: its headers, and the values of its one reader."""

from datetime import datetime

from newsletter.config import settings
from newsletter.mail.headers import digest_headers, letter_headers, returned_in
from newsletter.mail.message import Markers, Placeholder
from newsletter.subscriptions.letter_names import letter_message_id
from newsletter.subscriptions.links import link_writer
from newsletter.subscriptions.models import Letter, LetterKind
from newsletter.subscriptions.reader_places import reader_places

#: About a subscription that goes on: they can be unsubscribed from.
LIKE_DIGESTS = (LetterKind.WELCOME, LetterKind.STILL_WANTED)


def headers_of(
    letter: Letter, *, subject: str, markers: Markers, now: datetime
) -> list[tuple[str, str]]:
    """Return the headers of a letter (RFC 3834), or those by which mail programs unsubscribe."""
    publication = letter.subscription.publication
    returned = returned_in(postmark=bool(settings.postmark_webhook))
    if letter.kind not in LIKE_DIGESTS:
        return letter_headers(
            markers=markers,
            from_name=publication.from_name,
            from_email=publication.from_email,
            reply_to=publication.reply_to or None,
            subject=subject,
            date=now,
            returned_in=returned,
        )
    return digest_headers(
        markers=markers,
        from_name=publication.from_name,
        from_email=publication.from_email,
        reply_to=publication.reply_to or None,
        subject=subject,
        date=now,
        list_id=f"{publication.slug}.{publication.from_email.rpartition('@')[2]}",
        archive_url=f"{settings.base_url}/archive/",
        feedback_id=f"{letter.kind.value}:{publication.slug}:letter:newsletter",
        mailto=bool(settings.bounce_domain),
        returned_in=returned,
    )


def values_of(letter: Letter, *, recipient: str) -> dict[Placeholder, str]:
    """Return what the placeholders of those headers stand for."""
    links = link_writer().reader_links(subscription_id=letter.subscription_id)
    return {
        Placeholder.ADDRESS: recipient,
        Placeholder.MESSAGE_ID: letter_message_id(letter),
        **reader_places(links, bounce_domain=settings.bounce_domain),
    }
