"""Mails to owners and editors about what waits for them, in the name of a publication."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from newsletter.config import settings
from newsletter.extensions import db
from newsletter.mail.addresses import AddressError, ascii_address, ascii_domain
from newsletter.mail.headers import letter_headers
from newsletter.mail.html import mail_html
from newsletter.mail.logo import logo_address
from newsletter.mail.mailer import Accepted, Mailer, OutgoingMail, RelayUnavailable, send_one
from newsletter.mail.markers import Markers, Placeholder
from newsletter.mail.message import compile_message
from newsletter.mail.message_id import message_id
from newsletter.mail.palette import palette
from newsletter.mail.templates import RenderedMail, fill, one_line
from newsletter.publications.dkim_keys import signer_of
from newsletter.publications.models import Publication

log = structlog.get_logger()

# Columns by name: the staff models bring the sign-in library, which no worker uses.
_staff = sa.table("staff", *(sa.column(name) for name in ("id", "email", "role", "active")))
_TOLD_ROLES = ("owner", "editor")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMail:
    """One mail to all of them.

    Attributes:
        kind, number: what it is about; sent again, each has the same Message-ID.
    """

    kind: str
    number: int
    publication: Publication
    rendered: RenderedMail


def admin_page(publication: Publication, path: str = "") -> str:
    """Return the address of an admin page that shows this publication, whichever was seen last."""
    return f"{settings.base_url}/admin/{path}?publication={publication.slug}"


def render_staff_mail(name: str, publication: Publication, **values: Any) -> RenderedMail:
    """Return the mail of this name (under templates/email)."""
    values |= {
        "publication": publication,
        "logo": logo_address(publication.logo, base_url=settings.base_url),
        "colours": palette(publication.accent),
    }

    def part(template: str) -> str:
        return fill(template, language=publication.language, **values)

    values["headline"] = one_line(part(f"{name}/subject.txt"))
    return RenderedMail(
        subject=values["headline"],
        html=mail_html(part(f"{name}/body.mjml"), css=part("parts/inline.css")),
        text=part(f"{name}/body.txt").strip() + "\n",
    )


def mail_staff(mail: StaffMail, *, mailer: Mailer, now: datetime) -> int:
    """Send the mail to each owner and editor; return how many were accepted."""
    accepted = 0
    for outgoing in _outgoing(mail, now=now):
        try:
            accepted += isinstance(send_one(mailer, outgoing), Accepted)
        except RelayUnavailable as trouble:
            log.warning("staff_not_told", kind=mail.kind, number=mail.number, reason=str(trouble))
            break
    return accepted


def _outgoing(mail: StaffMail, *, now: datetime) -> Iterator[OutgoingMail]:
    publication, rendered = mail.publication, mail.rendered
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
        name = f"{mail.kind}-{staff_id}"
        values = {
            Placeholder.ADDRESS: recipient,
            Placeholder.MESSAGE_ID: message_id(
                kind=name,
                number=mail.number,
                domain=ascii_domain(sender.rpartition("@")[2]),
                key=settings.secret_keys[-1],
            ),
        }
        yield OutgoingMail(
            id=name,
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
