"""One letter to each owner and editor, from a publication's own address."""

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
import structlog

from newsletter.config import settings
from newsletter.extensions import db
from newsletter.mail.addresses import AddressError, ascii_address, ascii_domain
from newsletter.mail.headers import letter_headers
from newsletter.mail.markers import Markers, Placeholder
from newsletter.mail.message import compile_message
from newsletter.mail.message_id import message_id
from newsletter.mail.outgoing import OutgoingMail
from newsletter.mail.templates import RenderedMail
from newsletter.publications.dkim_keys import signer_of
from newsletter.publications.models import Publication

log = structlog.get_logger()

# Columns by name: the staff models bring the sign-in library, which no worker uses.
_staff = sa.table("staff", *(sa.column(name) for name in ("id", "email", "role", "active")))
_TOLD_ROLES = ("owner", "editor")


def staff_mails(
    *, publication: Publication, rendered: RenderedMail, kind: str, number: int, now: datetime
) -> Iterator[OutgoingMail]:
    """Yield the signed mails.

    Args:
        kind: what it tells of, such as "alarm"; with `number`, that thing's id, and who is told
            it makes the Message-ID, so that one sent again after a crash has the same.
    """
    sender = ascii_address(publication.from_email)
    signer, markers = signer_of(publication, now=now), Markers.fresh()
    headers = letter_headers(
        markers=markers,
        from_name=publication.from_name,
        from_email=publication.from_email,
        reply_to=None,
        subject=rendered.subject,
        date=now,
    )
    message = compile_message(
        headers=headers, text=rendered.text, html=rendered.html, markers=markers
    )
    for staff_id, recipient in _recipients():
        name = message_id(
            kind=f"{kind}-{staff_id}",
            number=number,
            domain=ascii_domain(sender.rpartition("@")[2]),
            key=settings.secret_keys[-1],
        )
        values = {Placeholder.ADDRESS: recipient, Placeholder.MESSAGE_ID: name}
        yield OutgoingMail(
            id=f"{kind}-{staff_id}",
            sender=sender,
            recipient=recipient,
            content=signer.sign(message.stamp(values)),
        )


def _recipients() -> Iterator[tuple[int, str]]:
    """Yield who is told; an address that no mail can carry is passed over."""
    rows = db.session.execute(
        sa.select(_staff.c.id, _staff.c.email)
        .where(_staff.c.role.in_(_TOLD_ROLES), _staff.c.active.is_(sa.true()))
        .order_by(_staff.c.id)
    ).all()
    for staff_id, email in rows:
        try:
            yield staff_id, ascii_address(email)
        except AddressError:
            log.warning("staff_not_told", staff_id=staff_id, reason="the address cannot be used")
