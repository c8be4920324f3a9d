"""Connect a feed: look at what an address gives first, then take it."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.articles.connect import CannotConnect, FeedPreview, connect_feed, preview_feed
from newsletter.articles.fetch_errors import FetchError
from newsletter.articles.unreadable import UnreadableFeed
from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.numbers import counted
from newsletter.web.admin.publication_choice import needed_publication

#: What a fetch or a refusal can tell staff, each in one sentence.
TROUBLE = (FetchError, UnreadableFeed, CannotConnect)


@admin.get("/articles/feeds/add")
@staff(StaffRole.EDITOR)
def articles_feed_add() -> ResponseReturnValue:
    """Ask for an address."""
    needed_publication()
    return _page()


@admin.post("/articles/feeds/preview")
@staff(StaffRole.EDITOR)
def articles_feed_preview() -> ResponseReturnValue:
    """Fetch the address and show what is there; changes nothing."""
    needed_publication()
    url = _address()
    try:
        return _page(url=url, preview=_fetched(url))
    except TROUBLE as trouble:
        return _page(url=url, problem=str(trouble)), 422


@admin.post("/articles/feeds/connect")
@staff(StaffRole.EDITOR)
def articles_feed_connect() -> ResponseReturnValue:
    """Fetch the feed once more and connect it; what is in it is known and never mailed."""
    url, now = _address(), utc_now()
    needed_publication()
    try:
        preview = _fetched(url)
        with unit_of_work():
            feed = connect_feed(publication=needed_publication(), found=preview.found, now=now)
            audit.record(
                "feed_connected",
                staff=staff_member(),
                now=now,
                object_kind="feed",
                object_id=feed.id,
            )
    except TROUBLE as trouble:
        return _page(url=url, problem=str(trouble)), 422
    known = counted(preview.count, "article")
    verb = "is" if preview.count == 1 else "are"
    flash(f"Connected. {known} {verb} known now; digests carry what comes next.")
    return redirect(url_for("admin.articles_feed", feed_id=feed.id))


def _address() -> str:
    """Return what was typed; people leave out the scheme."""
    typed = request.form.get("url", "").strip()
    return typed if "://" in typed or not typed else f"https://{typed}"


def _fetched(url: str) -> FeedPreview:
    """Fetch with no transaction open: the server may take its time."""
    if not url:
        raise CannotConnect("Enter the address of a feed, or of a page that announces one.")
    db.session.rollback()
    return preview_feed(url=url)


def _page(url: str = "", problem: str = "", preview: FeedPreview | None = None) -> str:
    return render_template("web/admin/feeds/add.html", url=url, problem=problem, preview=preview)
