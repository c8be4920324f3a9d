"""Previews: a digest as its readers' mail programs show it, and a proof by mail."""

import re
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import defer

from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.deliveries.listing import readers_by_variant
from newsletter.deliveries.proof import NOBODY, NothingToShow, render_proof
from newsletter.digests.budget import BUDGET, MailTooLarge
from newsletter.digests.models import Digest, Variant
from newsletter.digests.publish import carried_candidates
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue_at_once
from newsletter.mail.markers import Markers, Placeholder
from newsletter.mail.sending_hold import current_mark
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.links import preferences_url, unsubscribe_url
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.asked import asked_number
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.digest_page import digest_page
from newsletter.web.admin.publication_choice import of_publication
from newsletter.web.admin.sandbox import sandboxed

#: The widths a mail is looked at in, and its other part.
VIEWS = {"desktop": "Desktop", "phone": "Phone", "dark": "Dark", "text": "Plain text"}

_DARK = re.compile(r"@media \(prefers-color-scheme:\s*dark\)")

#: Variants that can be chosen one by one; the rest differ from them by topics only.
SHOWN_VARIANTS = 50


@dataclass(frozen=True, slots=True)
class Preview:
    """One rendering with the personal places filled by what stands for nobody."""

    subject: str
    html: str
    text: str

    @property
    def kilobytes(self) -> float:
        """Size of the HTML, as it counts towards the budget."""
        return len(self.html.encode()) / 1000


@admin.get("/digests/<int:digest_id>/preview")
@staff(StaffRole.VIEWER)
def digest_preview(digest_id: int) -> ResponseReturnValue:
    """Show the mail in the width asked for."""
    found = of_publication(Digest, digest_id)
    variants = _variants(found)
    chosen = _chosen(variants)
    view = request.args.get("view", "desktop")
    try:
        preview, problem = _preview(found, chosen), ""
    except (NothingToShow, MailTooLarge) as nothing:
        preview, problem = None, str(nothing)
    return digest_page(
        "web/admin/digests/preview.html",
        found,
        preview=preview,
        problem=problem,
        budget=BUDGET / 1000,
        views=VIEWS,
        view=view if view in VIEWS else "desktop",
        variants=variants,
        variant=chosen,
        readers=readers_by_variant(found.id),
    )


@admin.get("/digests/<int:digest_id>/preview/mail")
@staff(StaffRole.VIEWER)
def digest_preview_mail(digest_id: int) -> Response:
    """Answer the HTML of the mail alone, for a frame."""
    found = of_publication(Digest, digest_id)
    try:
        preview = _preview(found, _chosen(_variants(found)))
    except (NothingToShow, MailTooLarge):
        abort(404)
    return sandboxed(in_palette(preview.html, dark=request.args.get("view") == "dark"))


@admin.post("/digests/<int:digest_id>/proof")
@staff(StaffRole.EDITOR)
def digest_proof(digest_id: int) -> ResponseReturnValue:
    """Ask for a proof, to the address of whoever asks."""
    found, member, now = of_publication(Digest, digest_id), staff_member(), utc_now()
    if not carried_candidates(found, now=now):
        flash("There are no new articles, so there is nothing to send.", "warning")
        return redirect(url_for("admin.digest_preview", digest_id=digest_id))
    if _is_held():
        flash("Sending is held, so no proof was sent. The overview says why.", "warning")
        return redirect(url_for("admin.digest_preview", digest_id=digest_id))
    if not enqueue_at_once(Job.SEND_PROOF, digest_id=found.id, staff_id=member.id):
        flash("The queue does not answer, so no proof was sent. Try again in a minute.", "danger")
        return redirect(url_for("admin.digest_preview", digest_id=digest_id))
    with unit_of_work():
        audit.record(
            "proof_requested", staff=member, now=now, object_kind="digest", object_id=found.id
        )
    flash(_on_its_way(member.email))
    return redirect(url_for("admin.digest_preview", digest_id=digest_id))


def _is_held() -> bool:
    """Whether a hold is known already; a worker that finds one later keeps the proof back too."""
    mark = current_mark()
    return mark is not None and mark.held_since is not None


def _on_its_way(address: str) -> Markup:
    words = Markup("A proof goes to {}.").format(address)
    if not settings.mail_goes_to_outbox:
        return words
    where = Markup(' No mail leaves this machine: look at it in the <a href="{}">outbox</a>.')
    return words + where.format(url_for("outbox.mail_list"))


def _variants(found: Digest) -> list[Variant]:
    statement = (
        sa.select(Variant)
        .where(Variant.digest_id == found.id)
        .options(defer(Variant.html), defer(Variant.text))
        .order_by(Variant.id)
        .limit(SHOWN_VARIANTS)
    )
    return list(db.session.scalars(statement))


def _chosen(variants: list[Variant]) -> Variant | None:
    wanted = asked_number("variant")
    return next((one for one in variants if one.id == wanted), next(iter(variants), None))


def _preview(found: Digest, variant: Variant | None) -> Preview:
    """Return a stored variant; before there is one, what a reader of every topic would get."""
    if variant is not None:
        markers = Markers(variant.nonce)
        return Preview(
            variant.subject, filled(variant.html, markers), filled(variant.text, markers)
        )
    markers = Markers.fresh()
    proof = render_proof(digest=found, markers=markers, now=utc_now())
    return Preview(proof.subject, filled(proof.html, markers), filled(proof.text, markers))


def filled(content: str, markers: Markers) -> str:
    """Return a part of a mail, its personal places filled by what stands for nobody."""
    values = {
        Placeholder.ADDRESS: "reader@example.org",
        Placeholder.UNSUBSCRIBE_URL: unsubscribe_url(subscription_id=NOBODY),
        Placeholder.PREFERENCES_URL: preferences_url(subscription_id=NOBODY),
    }
    return "".join(
        values.get(piece, "") if isinstance(piece, Placeholder) else piece
        for piece in markers.split(content)
    )


def in_palette(html: str, *, dark: bool) -> str:
    """Return a mail in the palette that is asked for, whatever that of the machine."""
    return _DARK.sub("@media all" if dark else "@media not all", html)
