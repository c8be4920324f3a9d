"""Digests: what goes out next, and what went out."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.articles.ledger import newest_open
from newsletter.clock import utc_now
from newsletter.deliveries.listing import figures_of
from newsletter.digests.drafts import waiting_drafts
from newsletter.digests.listing import count_left_out, list_digests
from newsletter.digests.models import DigestState
from newsletter.digests.start import draft_by_hand
from newsletter.digests.upcoming import upcoming
from newsletter.publications.models import Cadence
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.asked import asked_choice, asked_number
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.digest_words import MOVING, digest_name, kind_words, state_words
from newsletter.web.admin.publication_choice import needed_publication
from newsletter.web.words import CADENCE_ADJECTIVES


@admin.get("/digests")
@staff(StaffRole.VIEWER)
def digests() -> ResponseReturnValue:
    """Show the next digest of each cadence, and the past ones that a filter finds."""
    publication, now = needed_publication(), utc_now()
    return render_template(
        "web/admin/digests/list.html",
        upcoming=[upcoming(publication=publication, cadence=one, now=now) for one in Cadence],
        drafts=waiting_drafts(publication.id),
        newest=newest_open(publication.id),
        left_out=count_left_out(publication.id),
        states=list(DigestState),
        **_listed(),
    )


@admin.get("/digests/live")
@staff(StaffRole.VIEWER)
def digests_live() -> ResponseReturnValue:
    """Answer the list alone, while one of its digests goes out."""
    return render_template("web/admin/digests/list_part.html", **_listed())


@admin.post("/digests/compose")
@staff(StaffRole.EDITOR)
def digest_compose() -> ResponseReturnValue:
    """Make a draft for the readers of one cadence."""
    publication, now = needed_publication(), utc_now()
    cadence = asked_choice(Cadence, "cadence")
    if cadence is None:
        flash("Choose a cadence.", "warning")
        return redirect(url_for("admin.digests"))
    with unit_of_work():
        draft = draft_by_hand(
            publication_id=publication.id, cadence=cadence, now=now, upto=asked_number("upto")
        )
        audit.record(
            "digest_drafted",
            staff=staff_member(),
            now=now,
            object_kind="digest",
            object_id=draft.id,
        )
    flash("This is a draft. Look at it, then send it.")
    return redirect(url_for("admin.digest", digest_id=draft.id))


def _listed() -> dict[str, Any]:
    """Return the digests that the address asks for."""
    wanted: dict[str, Any] = {
        "state": asked_choice(DigestState, "state"),
        "cadence": asked_choice(Cadence, "cadence"),
        "with_empty": request.args.get("empty") == "1",
        "with_own_hours": request.args.get("own_hours") == "1",
        "before": asked_number("before"),
    }
    page = list_digests(publication_id=needed_publication().id, **wanted)
    return wanted | {
        "page": page,
        "figures": figures_of([digest.id for digest in page.digests]),
        "moving": any(digest.state in MOVING for digest in page.digests),
        "cadences": CADENCE_ADJECTIVES,
        "digest_name": digest_name,
        "kind_words": kind_words,
        "state_words": state_words,
    }
