"""What staff do with a digest: reword, send, pause, resume, cancel."""

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.deliveries.control import (
    cancel_digest,
    pause_digest,
    release_batches,
    resume_digest,
)
from newsletter.digests.models import Digest
from newsletter.digests.preflight_gate import PreflightObjects, check_before_sending
from newsletter.digests.publishing import release_publishing
from newsletter.digests.reword import SubjectTooLong, change_subject
from newsletter.digests.start import WrongDigestState, send_now
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.digest_page import digest_page
from newsletter.web.admin.numbers import counted
from newsletter.web.admin.publication_choice import of_publication

LONGEST_REASON = 500


@admin.post("/digests/<int:digest_id>/subject")
@staff(StaffRole.EDITOR)
def digest_subject(digest_id: int) -> ResponseReturnValue:
    """Change the subject of a draft; a problem stands at the field."""
    subject = request.form.get("subject", "")
    try:
        return act_on(
            digest_id,
            "digest_reworded",
            lambda digest: change_subject(digest=digest, subject=subject),
            "The subject is saved.",
        )
    except SubjectTooLong as problem:
        found = of_publication(Digest, digest_id)
        return digest_page(
            "web/admin/digests/digest.html", found, subject=subject, problem=str(problem)
        ), 422


@admin.post("/digests/<int:digest_id>/send")
@staff(StaffRole.EDITOR)
def digest_send(digest_id: int) -> ResponseReturnValue:
    """Hand a draft to the workers, unless preflight objects."""
    try:
        check_before_sending(digest=of_publication(Digest, digest_id), now=utc_now())
    except PreflightObjects as objection:
        flash(f"Not sent. {objection}", "danger")
        return redirect(url_for("admin.digest", digest_id=digest_id))
    return act_on(
        digest_id,
        "digest_sent_by_hand",
        lambda digest: send_now(digest=digest),
        "It is on its way. Pause or cancel it here.",
    )


@admin.post("/digests/<int:digest_id>/pause")
@staff(StaffRole.EDITOR)
def digest_pause(digest_id: int) -> ResponseReturnValue:
    """Stop sending for now."""
    return act_on(
        digest_id,
        "digest_paused",
        lambda digest: pause_digest(digest=digest, now=utc_now()),
        "Paused. What is in a worker's hands stops within seconds.",
    )


@admin.post("/digests/<int:digest_id>/resume")
@staff(StaffRole.EDITOR)
def digest_resume(digest_id: int) -> ResponseReturnValue:
    """Go on sending."""
    return act_on(
        digest_id,
        "digest_resumed",
        lambda digest: resume_digest(digest=digest, now=utc_now()),
        "It goes on where the pause began.",
    )


@admin.post("/digests/<int:digest_id>/release")
@staff(StaffRole.EDITOR)
def digest_release(digest_id: int) -> ResponseReturnValue:
    """Try once more what workers died of: the publishing of the digest, or batches of it."""

    def release(digest: Digest) -> str:
        if release_publishing(digest=digest):
            return "Released. A worker publishes it within seconds."
        return f"Released: {counted(release_batches(digest=digest), 'batch', 'batches')}."

    return act_on(digest_id, "digest_released", release, "")


@admin.post("/digests/<int:digest_id>/cancel")
@staff(StaffRole.EDITOR)
def digest_cancel(digest_id: int) -> ResponseReturnValue:
    """Send the digest to nobody else."""
    reason = " ".join(request.form.get("reason", "").split())[:LONGEST_REASON]

    def cancel(digest: Digest) -> str:
        left_out = cancel_digest(digest=digest, reason=reason or "by staff", now=utc_now())
        return f"Cancelled. {counted(left_out, 'reader was', 'readers were')} left out."

    return act_on(digest_id, "digest_cancelled", cancel, "", detail=reason)


def act_on(
    digest_id: int,
    action: str,
    act: Callable[[Digest], str | None],
    words: str,
    detail: str = "",
) -> ResponseReturnValue:
    """Do it in one unit of work with its record; a state that forbids it is said, not raised."""
    digest = of_publication(Digest, digest_id)
    try:
        with unit_of_work():
            told = act(digest)
            audit.record(
                action,
                staff=staff_member(),
                now=utc_now(),
                object_kind="digest",
                object_id=digest_id,
                detail=detail,
            )
    except WrongDigestState as refusal:
        flash(str(refusal), "warning")
    else:
        flash(told or words)
    return redirect(url_for("admin.digest", digest_id=digest_id))
