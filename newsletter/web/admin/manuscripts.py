"""Articles that staff write: the list of them, the form, its preview, publishing."""

from dataclasses import dataclass, field

from flask import flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from newsletter.articles.compose_written import preview_of
from newsletter.articles.manuscript_models import Manuscript
from newsletter.articles.manuscripts import (
    AlreadyPublished,
    ManuscriptMoved,
    TooManyPictures,
    discard_manuscript,
    list_manuscripts,
)
from newsletter.articles.picture_making import UnusablePicture
from newsletter.articles.written import UnusableText, Written, written_of
from newsletter.digests.withhold import has_gone_out
from newsletter.errors import NewsletterError
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.asked import asked_number
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.manuscript_acts import Done, do, note
from newsletter.web.admin.manuscript_form import (
    LARGEST_UPLOAD,
    TooLargePicture,
    typed_manuscript,
    typed_version,
)
from newsletter.web.admin.publication_choice import needed_publication, of_publication
from newsletter.web.answers import wants_json
from newsletter.web.errors import error_answer

#: Whoever looks for an older article finds it in the ledger.
MOST_LISTED = 200

#: What can be wrong with what was sent, and the status that says so.
REFUSALS: dict[type[NewsletterError], int] = {
    UnusableText: 400,
    UnusablePicture: 400,
    TooManyPictures: 400,
    TooLargePicture: 413,
    ManuscriptMoved: 409,
}


@admin.get("/articles/written")
@staff(StaffRole.VIEWER)
def articles_written() -> ResponseReturnValue:
    """List what staff write and have written."""
    found = list_manuscripts(needed_publication(), limit=MOST_LISTED)
    return render_template(
        "web/admin/articles/written.html", manuscripts=found, is_cut=len(found) == MOST_LISTED
    )


@admin.get("/articles/written/new")
@staff(StaffRole.EDITOR)
def article_new() -> ResponseReturnValue:
    """Show an empty form; nothing is stored before something is typed."""
    needed_publication()
    return _page(None, Written(author=staff_member().name))


@admin.post("/articles/written/new")
@staff(StaffRole.EDITOR)
def article_start() -> ResponseReturnValue:
    """Store a new draft and do what was asked with it."""
    needed_publication()
    return _act(None)


@admin.get("/articles/written/<int:manuscript_id>")
@staff(StaffRole.EDITOR)
def article_write(manuscript_id: int) -> ResponseReturnValue:
    """Show the form with what was saved last."""
    manuscript = of_publication(Manuscript, manuscript_id)
    return _page(manuscript, written_of(manuscript))


@admin.post("/articles/written/<int:manuscript_id>")
@staff(StaffRole.EDITOR)
def article_save(manuscript_id: int) -> ResponseReturnValue:
    """Save a manuscript and do what was asked with it."""
    return _act(of_publication(Manuscript, manuscript_id))


@admin.post("/articles/written/preview")
@staff(StaffRole.EDITOR)
def article_preview() -> ResponseReturnValue:
    """Answer what was typed as readers would see it; stores nothing."""
    number = asked_number("manuscript_id")
    manuscript = of_publication(Manuscript, number) if number else None
    return _preview(typed_manuscript(manuscript))


@admin.post("/articles/written/<int:manuscript_id>/discard")
@staff(StaffRole.EDITOR)
def article_discard(manuscript_id: int) -> ResponseReturnValue:
    """Delete a draft that was never published."""
    manuscript = of_publication(Manuscript, manuscript_id)
    try:
        with unit_of_work():
            discard_manuscript(manuscript=manuscript)
            note("manuscript_discarded", "manuscript", manuscript_id)
    except AlreadyPublished as refusal:
        flash(str(refusal), "warning")
        return redirect(url_for("admin.article_write", manuscript_id=manuscript_id))
    flash("Discarded.")
    return redirect(url_for("admin.articles_written"))


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why the form comes back, with a sentence for each field that is the reason."""

    status: int = 200
    sentence: str = ""
    problems: dict[str, str] = field(default_factory=dict)


def _act(manuscript: Manuscript | None) -> ResponseReturnValue:
    """Do all that was asked, or nothing and return the form with what was typed."""
    written, version = typed_manuscript(manuscript), typed_version()
    try:
        done = do(manuscript, written, publication=needed_publication(), version=version)
    except tuple(REFUSALS) as refusal:
        return _again(manuscript, written, _refused(refusal))
    except OSError:
        sentence = "The picture could not be kept: the folder of pictures cannot be written."
        return _again(manuscript, written, _Refused(503, sentence, {"picture": sentence}))
    return _answered(done)


def _answered(done: Done) -> ResponseReturnValue:
    address = url_for("admin.article_write", manuscript_id=done.manuscript_id)
    if wants_json():
        return jsonify(address=address, version=done.version)
    flash(done.words)
    if done.article_id is not None:
        address = url_for("admin.article", article_id=done.article_id)
    return redirect(address)


def _refused(refusal: Exception) -> _Refused:
    status = next(code for kind, code in REFUSALS.items() if isinstance(refusal, kind))
    if isinstance(refusal, UnusableText):
        return _Refused(status, "Not saved yet: see below.", refusal.problems)
    if isinstance(refusal, ManuscriptMoved):
        return _Refused(status, str(refusal))
    return _Refused(status, f"Not saved yet. {refusal}", {"picture": str(refusal)})


def _again(
    manuscript: Manuscript | None, written: Written, refused: _Refused
) -> ResponseReturnValue:
    if wants_json():
        return error_answer(refused.status, text=refused.sentence)
    return _page(manuscript, written, refused), refused.status


def _page(manuscript: Manuscript | None, written: Written, refused: _Refused | None = None) -> str:
    offered = [topic.name for topic in needed_publication().offered_topics]
    article = manuscript.article if manuscript else None
    return render_template(
        "web/admin/articles/write.html",
        manuscript=manuscript,
        written=written,
        refused=refused or _Refused(),
        offered=offered,
        more_topics=", ".join(name for name in written.topics if name not in offered),
        preview=_preview(written),
        gone_out=has_gone_out(article.id) if article else False,
        largest_upload=LARGEST_UPLOAD,
    )


def _preview(written: Written) -> str:
    text = preview_of(written)
    return render_template("web/admin/articles/preview_part.html", written=written, text=text)
