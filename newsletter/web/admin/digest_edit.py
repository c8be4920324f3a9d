"""Edit a draft: its words and its articles, saved while they are typed or by a button."""

from typing import Any

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.digests.edit import DraftForm, Overtaken, UnusableDraft, moved, save_draft
from newsletter.digests.edit_lock import EditedByAnother, take_lock
from newsletter.digests.models import Digest, DigestKind, DigestState
from newsletter.digests.start import WrongDigestState
from newsletter.extensions import db
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.digest_edit_form import (
    TREATMENT_WORDS,
    articles_of,
    read_form,
    read_version,
    stored_form,
)
from newsletter.web.admin.digest_edit_lock import (
    lock_of_another,
    lock_words,
    record,
    record_editing,
)
from newsletter.web.admin.digest_edit_mail import VIEWS, shown_to
from newsletter.web.admin.digest_page import digest_page
from newsletter.web.admin.publication_choice import of_publication
from newsletter.web.admin.times import zone_of

#: What one press of a move button does.
_STEPS = {"up": -1, "down": 1}


@admin.get("/digests/<int:digest_id>/edit")
@staff(StaffRole.EDITOR)
def digest_edit(digest_id: int) -> ResponseReturnValue:
    """Show the form and the preview; once it is no draft any more, its page."""
    found = of_publication(Digest, digest_id)
    if found.state is not DigestState.DRAFT or found.kind is not DigestKind.DIGEST:
        return redirect(url_for("admin.digest", digest_id=digest_id))
    return _page(found, stored_form(found), {})


@admin.post("/digests/<int:digest_id>/edit")
@staff(StaffRole.EDITOR)
def digest_save(digest_id: int) -> ResponseReturnValue:
    """Store what was typed, then do what the pressed button says."""
    found = of_publication(Digest, digest_id)
    form = _with_move(read_form())
    try:
        with unit_of_work():
            changed = save_draft(
                digest=found,
                form=form,
                version=read_version(),
                staff_id=staff_member().id,
                now=utc_now(),
            )
            if changed:
                record_editing(digest_id, now=utc_now())
    except UnusableDraft as refusal:
        return _refused(found, form, 422, "Not saved: see the fields.", refusal.problems)
    except EditedByAnother as other:
        told = lock_words(other.staff_id, other.since)
        return _refused(found, form, 409, f"Not saved: {told}", lock=told)
    except (Overtaken, WrongDigestState) as refusal:
        return _refused(found, form, 409, f"{refusal} What you typed is kept below.")
    if _wants_json():
        return jsonify(version=found.version, saved=_clock(found))
    return redirect(_address(found))


@admin.post("/digests/<int:digest_id>/edit/take-over")
@staff(StaffRole.EDITOR)
def digest_edit_take_over(digest_id: int) -> ResponseReturnValue:
    """Take the lock over from whoever has it, and save what was typed, if anything was sent."""
    found, now = of_publication(Digest, digest_id), utc_now()
    with unit_of_work():
        db.session.refresh(found, with_for_update=True)
        take_lock(digest=found, staff_id=staff_member().id, now=now, over=True)
        record("digest_taken_over", digest_id, now)
    if "version" in request.form:
        return digest_save(digest_id)
    if _wants_json():
        return jsonify(version=found.version)
    return redirect(url_for("admin.digest_edit", digest_id=digest_id))


def _with_move(form: DraftForm) -> DraftForm:
    """Apply the pressed button `up-17` or `down-17`, if one was."""
    way, _, number = request.form.get("move", "").partition("-")
    if way not in _STEPS or not number.isdigit():
        return form
    values = {name: getattr(form, name) for name in DraftForm.__dataclass_fields__}
    return DraftForm(**values | {"order": moved(form.order, int(number), by=_STEPS[way])})


def _refused(
    found: Digest,
    form: DraftForm,
    status: int,
    sentence: str,
    problems: dict[str, str] | None = None,
    lock: str = "",
) -> ResponseReturnValue:
    """Say why nothing was saved, and give back what was typed; the next press may replace."""
    if _wants_json():
        told = {"problem": sentence, "problems": problems or {}, "lock": lock}
        return jsonify(**told, version=found.version, state=found.state), status
    if found.state is not DigestState.DRAFT:
        return digest_page("web/admin/digests/digest.html", found, refusal=sentence), status
    return _page(found, form, problems or {}, refusal=sentence, status=status), status


def _page(found: Digest, form: DraftForm, problems: dict[str, str], **values: Any) -> str:
    now = utc_now()
    return digest_page(
        "web/admin/digests/edit.html",
        found,
        form=form,
        problems=problems,
        rows=articles_of(found, form, now=now),
        treatments=TREATMENT_WORDS,
        lock_words=lock_of_another(found.id, now=now),
        shown=shown_to(found),
        views=VIEWS,
        **values,
    )


def _address(found: Digest) -> str:
    """Return where to go after saving: the same preview, at the article that was moved."""
    number = request.form.get("move", "").partition("-")[2]
    anchor = f"article-{number}" if number.isdigit() else None
    values = shown_to(found).values()
    return url_for("admin.digest_edit", digest_id=found.id, _anchor=anchor, **values)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _clock(found: Digest) -> str:
    """Return the time of the publication, as "10:02"."""
    return f"{utc_now().astimezone(zone_of(found.publication)):%H:%M}"
