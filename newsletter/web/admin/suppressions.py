"""The suppression list: search, add, lift with a note, import and export."""

from flask import Response, abort, flash, redirect, render_template, request, stream_with_context
from flask import url_for as address_of
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.mail.addresses import AddressError, mailable_address
from newsletter.mail.relay_reactions import without_addresses
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.suppressions import csv_list
from newsletter.suppressions.lift import CannotLift, lift
from newsletter.suppressions.listing import (
    SuppressionFilter,
    count_by_reason,
    every_suppression,
    find_suppressions,
)
from newsletter.suppressions.models import Suppression, SuppressionReason
from newsletter.suppressions.suppress import suppress, suppression_of
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.asked import asked_choice, asked_number
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.numbers import counted, number
from newsletter.web.admin.typed import typed

REASON_WORDS = {
    SuppressionReason.HARD_BOUNCE: "hard bounce",
    SuppressionReason.SOFT_BOUNCES: "soft bounces",
    SuppressionReason.COMPLAINT: "complaint",
    SuppressionReason.MANUAL: "by hand",
    SuppressionReason.ERASED: "erased",
}

#: What staff should know before they lift; an erased reader's is never lifted.
LIFT_WORDS = {
    SuppressionReason.HARD_BOUNCE: "Its mail server said that it takes no mail.",
    SuppressionReason.SOFT_BOUNCES: "Mail to it came back again and again.",
    SuppressionReason.COMPLAINT: "Its reader called a mail spam; mail her only if she asks for it.",
    SuppressionReason.MANUAL: "Somebody wanted no mail to go there.",
}


@admin.get("/deliverability/suppressions")
@staff(StaffRole.VIEWER)
def deliverability_suppressions() -> ResponseReturnValue:
    """List the silenced addresses that a filter finds."""
    return _page()


@admin.post("/deliverability/suppressions/add")
@staff(StaffRole.EDITOR)
def deliverability_suppress() -> ResponseReturnValue:
    """Silence an address for every publication; a problem stands at the field."""
    address, note, now = typed("new_address"), typed("note", longest=500), utc_now()
    try:
        mailable_address(address)
    except AddressError as problem:
        return _page(new_address=address, note=note, problem=str(problem)), 422
    with unit_of_work():
        known = suppression_of(address=address)
        if known is None:
            suppress(address=address, reason=SuppressionReason.MANUAL, note=note, now=now)
            audit.record("address_suppressed", staff=staff_member(), now=now)
    flash("This address was suppressed before." if known else "This address gets no mail any more.")
    return _back()


@admin.post("/deliverability/suppressions/<int:suppression_id>/lift")
@staff(StaffRole.EDITOR)
def deliverability_lift(suppression_id: int) -> ResponseReturnValue:
    """Let mail go to an address again, and keep why."""
    note = typed("note", longest=500)
    found = db.session.get(Suppression, suppression_id) or abort(404)
    reason = REASON_WORDS[found.reason]
    try:
        with unit_of_work():
            lift(suppression=db.session.get_one(Suppression, suppression_id), note=note)
            audit.record(
                "suppression_lifted",
                staff=staff_member(),
                now=utc_now(),
                object_kind="suppression",
                object_id=suppression_id,
                detail=f"{reason}: {without_addresses(note)}",
            )
    except CannotLift as refusal:
        flash(str(refusal), "warning")
    else:
        flash("Lifted: mail goes to this address again. A subscription that ended stays ended.")
    return _back()


@admin.post("/deliverability/suppressions/import")
@staff(StaffRole.EDITOR)
def deliverability_import() -> ResponseReturnValue:
    """Silence the addresses of a file."""
    request.max_content_length = csv_list.MOST_OCTETS + 64 * 1024
    given, now = request.files.get("file"), utc_now()
    try:
        with unit_of_work():
            octets = given.stream.read(csv_list.MOST_OCTETS + 1) if given else b""
            report = csv_list.import_list(octets=octets, now=now)
            audit.record(
                "suppressions_imported",
                staff=staff_member(),
                now=now,
                detail=counted(report.added, "address", "addresses"),
            )
    except csv_list.UnusableList as refusal:
        return _page(file_problem=str(refusal)), 422
    refused = f" No address in {counted(report.refused, 'line')}" if report.refused else ""
    if report.refused_lines:
        refused += f": {', '.join(str(line) for line in report.refused_lines)}."
    flash(f"Added {number(report.added)}, known before {number(report.known)}.{refused}")
    return _back()


@admin.post("/deliverability/suppressions/export")
@staff(StaffRole.EDITOR)
def deliverability_export() -> ResponseReturnValue:
    """Stream the list as CSV; a POST, since the act is recorded."""
    now, wanted = utc_now(), _wanted()
    with unit_of_work():
        detail = REASON_WORDS[wanted.reason] if wanted.reason else "all"
        audit.record("suppressions_exported", staff=staff_member(), now=now, detail=detail)
    return Response(
        stream_with_context(csv_list.written(every_suppression(wanted))),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="suppressions-{now:%Y-%m-%d}.csv"'},
    )


def _wanted() -> SuppressionFilter:
    return SuppressionFilter(
        address=typed("address"), reason=asked_choice(SuppressionReason, "reason")
    )


def _page(**values: object) -> str:
    wanted, after, counts = _wanted(), asked_number("after"), count_by_reason()
    return render_template(
        "web/admin/deliverability/suppressions.html",
        wanted=wanted,
        after=after,
        page=find_suppressions(wanted, after=after),
        counts=counts,
        total=sum(counts.values()),
        reason_words=REASON_WORDS,
        lift_words=LIFT_WORDS,
        **values,
    )


def _back() -> ResponseReturnValue:
    return redirect(address_of("admin.deliverability_suppressions"))
