"""Proofs: a digest as a mail to one member of staff, before any reader gets it."""

from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.config import settings
from newsletter.deliveries.content import variant_headers
from newsletter.digests.compose import new_ones
from newsletter.digests.models import Digest
from newsletter.digests.publish import carried_candidates
from newsletter.digests.render import RenderedDigest
from newsletter.digests.variants import render_for_all
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.mail.addresses import ascii_address, ascii_domain
from newsletter.mail.mailer import Mailer, Outcome, OutgoingMail, send_one
from newsletter.mail.markers import Markers, Placeholder
from newsletter.mail.message import compile_message
from newsletter.mail.message_id import message_id
from newsletter.publications.dkim_keys import signer_of
from newsletter.subscriptions.links import one_click_url, preferences_url, unsubscribe_url

log = structlog.get_logger()

#: No subscription has this id: the links of a proof open nothing and end nothing.
NOBODY = 0

# The one column that is needed: the staff models bring the sign-in library, which takes a
# second to import and which no worker uses.
_staff = sa.table("staff", sa.column("id"), sa.column("email"))


class NothingToShow(PermanentError):
    """A digest without articles has no proof."""


def render_proof(*, digest: Digest, markers: Markers, now: datetime) -> RenderedDigest:
    """Render a digest as a reader of every topic gets it.

    Raises:
        NothingToShow: it carries no article.
    """
    carried = carried_candidates(digest, now=now)
    if not carried:
        raise NothingToShow("There are no new articles, so there is nothing to send.")
    shown = new_ones(carried, after=digest.position_from)
    return render_for_all(digest=digest, candidates=shown, markers=markers)


def send_proof(*, digest_id: int, staff_id: int, mailer: Mailer, now: datetime) -> Outcome:
    """Send a proof; its subject says so and its personal links open nothing.

    Raises:
        NothingToShow, UnreadableKey, RelayUnavailable.
    """
    digest = db.session.get_one(Digest, digest_id)
    address = db.session.scalars(sa.select(_staff.c.email).where(_staff.c.id == staff_id)).one()
    outcome = send_one(mailer, _written(digest, address, now=now))
    log.info("proof_sent", digest_id=digest_id, staff_id=staff_id, outcome=type(outcome).__name__)
    return outcome


def _written(digest: Digest, address: str, *, now: datetime) -> OutgoingMail:
    markers = Markers.fresh()
    rendered = render_proof(digest=digest, markers=markers, now=now)
    subject = f"[Proof] {rendered.subject}"
    message = compile_message(
        headers=variant_headers(digest=digest, subject=subject, markers=markers),
        text=rendered.text,
        html=rendered.html,
        markers=markers,
    )
    sender = ascii_address(digest.publication.from_email)
    recipient = ascii_address(address)
    values = {
        Placeholder.ADDRESS: recipient,
        Placeholder.MESSAGE_ID: message_id(
            kind="proof",
            number=int(now.timestamp() * 1000),
            domain=ascii_domain(sender.rpartition("@")[2]),
            key=settings.secret_keys[-1],
        ),
        Placeholder.UNSUBSCRIBE_URL: unsubscribe_url(subscription_id=NOBODY),
        Placeholder.ONE_CLICK_URL: one_click_url(subscription_id=NOBODY),
        Placeholder.PREFERENCES_URL: preferences_url(subscription_id=NOBODY),
        Placeholder.UNSUBSCRIBE_MAILTO: f"mailto:{sender}",
    }
    content = signer_of(digest.publication, now=now).sign(message.stamp(values))
    return OutgoingMail(id="proof", sender=sender, recipient=recipient, content=content)
