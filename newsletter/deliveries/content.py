"""The mail of one delivery: a variant compiled once, stamped and signed per recipient."""

from datetime import datetime

from newsletter.config import settings
from newsletter.deliveries.pixel import with_pixel
from newsletter.deliveries.recipients import Recipient
from newsletter.digests.models import Digest, Variant
from newsletter.extensions import db
from newsletter.mail.addresses import ascii_address, ascii_domain
from newsletter.mail.dkim import SignedMessage
from newsletter.mail.headers import digest_headers, returned_in
from newsletter.mail.markers import Markers, Placeholder
from newsletter.mail.message import CompiledMessage, compile_message
from newsletter.mail.message_id import message_id
from newsletter.mail.outgoing import OutgoingMail
from newsletter.mail.return_path import sign_return_path
from newsletter.publications.dkim_keys import signer_of
from newsletter.publications.models import Publication
from newsletter.subscriptions.links import link_writer
from newsletter.subscriptions.reader_places import reader_places

#: Messages kept ready: tens of megabytes. Where readers choose among many topics, a batch may have
#: thousands, and the memory of a worker must not grow with them.
MOST_COMPILED = 200


class DigestMails:
    """Writes the mails of one digest; compiles each variant at its first recipient.

    Signatures, where the publication has them, are as of `now`. Raises UnreadableKey.
    """

    def __init__(self, digest: Digest, *, now: datetime) -> None:
        self._digest_id = digest.id
        self._sender = ascii_address(digest.publication.from_email)
        self._domain = ascii_domain(self._sender.rpartition("@")[2])
        self._bounce_domain = settings.bounce_domain
        # The oldest key, so that a retry has the Message-ID of the first try after a new key came.
        self._key = settings.secret_keys[-1]
        self._links = link_writer()
        self._signer = signer_of(digest.publication, now=now)
        #: By variant, and by whether its picture tells opens.
        self._compiled: dict[tuple[int, bool], SignedMessage] = {}

    def mail_to(self, recipient: Recipient) -> OutgoingMail:
        """Return the mail of one delivery.

        Raises:
            AddressError: this one recipient cannot be written to.
        """
        address = ascii_address(recipient.email)
        links = self._links.reader_links(subscription_id=recipient.subscription_id)
        values = {
            Placeholder.ADDRESS: address,
            Placeholder.MESSAGE_ID: message_id(
                kind="delivery",
                number=recipient.delivery_id,
                domain=self._domain,
                key=self._key,
            ),
            **reader_places(links, bounce_domain=self._bounce_domain),
        }
        if recipient.allows_opens:
            values[Placeholder.OPEN_URL] = self._links.open_url(delivery_id=recipient.delivery_id)
        return OutgoingMail(
            id=str(recipient.delivery_id),
            sender=self._return_path(recipient.delivery_id),
            recipient=address,
            content=self._message(recipient).stamp(values),
            checked=True,
        )

    def _return_path(self, delivery_id: int) -> str:
        if not self._bounce_domain:
            return self._sender
        key = self._key.encode()
        return sign_return_path(number=delivery_id, domain=self._bounce_domain, key=key)

    def _message(self, recipient: Recipient) -> SignedMessage:
        variant_id = recipient.variant_id
        if variant_id is None:
            raise ValueError("a delivery without a variant is skipped at fan-out")
        key = (variant_id, recipient.allows_opens)
        if key not in self._compiled:
            if len(self._compiled) >= MOST_COMPILED:
                del self._compiled[next(iter(self._compiled))]
            variant = db.session.get_one(Variant, variant_id)
            compiled = compile_variant(variant, opens=recipient.allows_opens)
            self._compiled[key] = SignedMessage(compiled, self._signer)
        return self._compiled[key]


def compile_variant(variant: Variant, *, opens: bool = False) -> CompiledMessage:
    """Return a stored variant as a message that waits only for its recipient.

    Args:
        opens: for readers who consented to the picture that tells an open, and no others.
    """
    digest = variant.digest
    markers = Markers(variant.nonce)
    html = with_pixel(variant.html, markers=markers) if opens else variant.html
    headers = variant_headers(digest=digest, subject=variant.subject, markers=markers)
    return compile_message(headers=headers, text=variant.text, html=html, markers=markers)


def variant_headers(*, digest: Digest, subject: str, markers: Markers) -> list[tuple[str, str]]:
    """Return the headers that all mails of a digest share (RFC 2369, 2919, 8058)."""
    publication: Publication = digest.publication
    return digest_headers(
        markers=markers,
        from_name=publication.from_name,
        from_email=publication.from_email,
        reply_to=publication.reply_to or None,
        subject=subject,
        date=digest.published_at or digest.created_at,
        list_id=f"{publication.slug}.{publication.from_email.rpartition('@')[2]}",
        archive_url=f"{settings.base_url}/archive/",
        feedback_id=f"{digest.id}:{publication.slug}:{digest.word}:newsletter",
        mailto=bool(settings.bounce_domain),
        returned_in=returned_in(postmark=bool(settings.postmark_webhook)),
    )
