"""What staff do with an article: hold, release, drop, mail it after all."""

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.articles.ledger import WrongState, drop
from newsletter.articles.models import Article
from newsletter.clock import utc_now
from newsletter.digests.withhold import hold_article, release_article
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import of_publication

LONGEST_REASON = 500


@admin.post("/articles/<int:article_id>/hold")
@staff(StaffRole.EDITOR)
def article_hold(article_id: int) -> ResponseReturnValue:
    """Keep an article out of digests until it is released."""
    return _act(
        article_id,
        "article_held",
        lambda article: hold_article(article=article, reason=_reason(), now=utc_now()),
        "Held. No further digest carries it until it is released.",
    )


@admin.post("/articles/<int:article_id>/release")
@staff(StaffRole.EDITOR)
def article_release(article_id: int) -> ResponseReturnValue:
    """Let digests carry a held, dropped or known article."""
    return _act(
        article_id,
        "article_released",
        lambda article: release_article(article=article, now=utc_now()),
        "Open. The next digest of each cadence carries it, if none has come past it.",
    )


@admin.post("/articles/<int:article_id>/drop")
@staff(StaffRole.EDITOR)
def article_drop(article_id: int) -> ResponseReturnValue:
    """Decide that no further digest carries an article."""
    return _act(
        article_id,
        "article_dropped",
        lambda article: drop(article, _reason(), utc_now()),
        "Dropped. No further digest carries it.",
    )


def _reason() -> str:
    return " ".join(request.form.get("reason", "").split())[:LONGEST_REASON]


def _act(
    article_id: int, action: str, act: Callable[[Article], None], words: str
) -> ResponseReturnValue:
    """Do it in one unit of work with its record; a state that forbids it is said, not raised."""
    article = of_publication(Article, article_id)
    try:
        with unit_of_work():
            act(article)
            audit.record(
                action,
                staff=staff_member(),
                now=utc_now(),
                object_kind="article",
                object_id=article_id,
                detail=_reason(),
            )
    except WrongState as refusal:
        flash(str(refusal), "warning")
    else:
        flash(words)
    return redirect(url_for("admin.article", article_id=article_id))
