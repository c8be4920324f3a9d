"""Findings of preflight: beside the form of a draft, looked at again, or sent in spite of."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.digests.models import Digest
from newsletter.digests.preflight import Finding
from newsletter.digests.preflight_gate import send_anyway
from newsletter.digests.preflight_hold import look_again
from newsletter.digests.start import WrongDigestState
from newsletter.staff.models import StaffRole
from newsletter.web.access import staff
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.digest_actions import act_on
from newsletter.web.admin.digest_preflight_view import preflight_of
from newsletter.web.admin.publication_choice import of_publication

#: Of what the record keeps of the sentences that were overruled.
LONGEST_DETAIL = 2_000


@admin.get("/digests/<int:digest_id>/edit/preflight")
@staff(StaffRole.EDITOR)
def digest_edit_preflight(digest_id: int) -> str:
    """Say in one line what stands in the way of a draft as it is saved, for its form."""
    found = of_publication(Digest, digest_id)
    return render_template(
        "web/admin/digests/edit_preflight_part.html",
        digest=found,
        preflight=preflight_of(found, now=utc_now()),
    )


@admin.post("/digests/<int:digest_id>/look-again")
@staff(StaffRole.EDITOR)
def digest_look_again(digest_id: int) -> ResponseReturnValue:
    """Have a worker examine a held digest at once; without errors it goes out."""

    def look(digest: Digest) -> None:
        if not look_again(digest=digest):
            raise WrongDigestState("It is not held any more.")

    return act_on(
        digest_id,
        "digest_looked_at_again",
        look,
        "A worker looks at it within seconds. If nothing stands in its way, it goes out.",
    )


@admin.post("/digests/<int:digest_id>/send-anyway")
@staff(StaffRole.EDITOR)
def digest_send_anyway(digest_id: int) -> ResponseReturnValue:
    """Send it in spite of the errors that staff saw on the page."""
    shown = preflight_of(of_publication(Digest, digest_id), now=utc_now())
    errors = shown.blocking if shown else ()
    if refusal := _refusal(errors, seen=set(request.form.getlist("seen"))):
        flash(refusal, "danger")
        return redirect(url_for("admin.digest", digest_id=digest_id))
    return act_on(
        digest_id,
        "digest_sent_anyway",
        lambda digest: send_anyway(digest=digest, errors=errors),
        "It is on its way. Pause or cancel it here.",
        detail=" ".join(one.sentence for one in errors)[:LONGEST_DETAIL],
    )


def _refusal(errors: tuple[Finding, ...], *, seen: set[str]) -> str:
    """Return why it is not sent: what cannot be overruled, or what staff did not see."""
    fixed = next((one for one in errors if not one.overrulable), None)
    if fixed:
        return f"This cannot be overruled. {fixed.sentence}"
    fresh = next((one for one in errors if one.key not in seen), None)
    return f"Something else was found meanwhile. {fresh.sentence}" if fresh else ""
