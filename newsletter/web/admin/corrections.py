"""Corrections: see what an edit changed, say what was wrong, and make a draft of the mail."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.articles.models import Article
from newsletter.clock import utc_now
from newsletter.deliveries.correction_readers import expect_correction
from newsletter.digests.correction import (
    LONGEST_NOTE,
    NoCorrection,
    UnusableNote,
    correction_under_way,
    draft_correction,
)
from newsletter.digests.difference import difference
from newsletter.digests.revisions import edit_of
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import of_publication


@admin.get("/articles/<int:article_id>/correction")
@staff(StaffRole.EDITOR)
def article_correction(article_id: int) -> ResponseReturnValue:
    """Show what changed and whom a correction would reach; without an edit, the article."""
    article = of_publication(Article, article_id)
    if edit_of(article) is None:
        flash("The article has not been edited since it was mailed.", "warning")
        return redirect(url_for("admin.article", article_id=article_id))
    return _page(article)


@admin.post("/articles/<int:article_id>/correction")
@staff(StaffRole.EDITOR)
def article_correct(article_id: int) -> ResponseReturnValue:
    """Make a draft of a correction; a problem with the note stands at the field."""
    article, now = of_publication(Article, article_id), utc_now()
    note = request.form.get("note", "")
    try:
        with unit_of_work():
            digest_id = draft_correction(article=article, note=note, now=now).id
            audit.record(
                "correction_drafted",
                staff=staff_member(),
                now=now,
                object_kind="article",
                object_id=article_id,
            )
    except UnusableNote as problem:
        return _page(article, note=note, problem=str(problem)), 422
    except NoCorrection as refusal:
        flash(str(refusal), "warning")
        return redirect(url_for("admin.article", article_id=article_id))
    flash("This is a draft. Look at it, then send it.")
    return redirect(url_for("admin.digest", digest_id=digest_id))


def _page(article: Article, *, note: str = "", problem: str = "") -> str:
    edit = edit_of(article)
    return render_template(
        "web/admin/articles/correction.html",
        article=article,
        edit=edit,
        changes=difference(edit.mailed, article) if edit else [],
        expectation=expect_correction(article=article, now=utc_now()),
        under_way=correction_under_way(article),
        note=note,
        problem=problem,
        longest=LONGEST_NOTE,
    )
