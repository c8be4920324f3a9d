"""Feeds: where articles come from, how each fares, and running them by hand."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.articles.alarms import open_alarms
from newsletter.articles.feed_control import (
    FeedIsDisabled,
    ask_for_poll,
    disable_feed,
    enable_feed,
    feeds_of,
)
from newsletter.articles.feed_report import is_long_silent, report_on, silent_since
from newsletter.articles.models import Feed
from newsletter.clock import utc_now
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import needed_publication, of_publication
from newsletter.web.admin.times import span


@admin.get("/articles/feeds")
@staff(StaffRole.VIEWER)
def articles_feeds() -> ResponseReturnValue:
    """List the feeds with their health."""
    return render_template("web/admin/feeds/list.html", **_list_values())


@admin.get("/articles/feeds/live")
@staff(StaffRole.VIEWER)
def articles_feeds_live() -> ResponseReturnValue:
    """Answer the list alone."""
    return render_template("web/admin/feeds/list_part.html", **_list_values())


@admin.get("/articles/feeds/<int:feed_id>")
@staff(StaffRole.VIEWER)
def articles_feed(feed_id: int) -> ResponseReturnValue:
    """Show one feed; `asked` is the moment at which somebody asked for a poll."""
    return render_template("web/admin/feeds/feed.html", **_feed_values(feed_id))


@admin.get("/articles/feeds/<int:feed_id>/live")
@staff(StaffRole.VIEWER)
def articles_feed_live(feed_id: int) -> ResponseReturnValue:
    """Answer the health alone; once the buttons on the page are out of date, have it reload."""
    values = _feed_values(feed_id)
    part = make_response(render_template("web/admin/feeds/health_part.html", **values))
    if request.args.get("disabled", "") != ("1" if values["feed"].disabled else ""):
        part.headers["HX-Refresh"] = "true"
    return part


@admin.post("/articles/feeds/<int:feed_id>/poll")
@staff(StaffRole.EDITOR)
def articles_feed_poll(feed_id: int) -> ResponseReturnValue:
    """Have a worker fetch the feed now."""
    now = utc_now()
    try:
        _change(feed_id, "feed_poll_requested", lambda feed: ask_for_poll(feed=feed, now=now))
    except FeedIsDisabled as refusal:
        flash(str(refusal), "warning")
        return redirect(url_for("admin.articles_feed", feed_id=feed_id))
    return redirect(url_for("admin.articles_feed", feed_id=feed_id, asked=now.isoformat()))


@admin.post("/articles/feeds/<int:feed_id>/disable")
@staff(StaffRole.EDITOR)
def articles_feed_disable(feed_id: int) -> ResponseReturnValue:
    """Stop polling a feed."""
    _change(feed_id, "feed_disabled", lambda feed: disable_feed(feed=feed))
    flash("Disabled. Its articles stay; new ones are not looked for.")
    return redirect(url_for("admin.articles_feed", feed_id=feed_id))


@admin.post("/articles/feeds/<int:feed_id>/enable")
@staff(StaffRole.EDITOR)
def articles_feed_enable(feed_id: int) -> ResponseReturnValue:
    """Poll a feed again."""
    now = utc_now()
    _change(feed_id, "feed_enabled", lambda feed: enable_feed(feed=feed, now=now))
    flash("Enabled. What appeared meanwhile counts as new.")
    return redirect(url_for("admin.articles_feed", feed_id=feed_id, asked=now.isoformat()))


def state_words(feed: Feed) -> str:
    """Return how a feed fares."""
    if feed.disabled:
        return "disabled"
    if feed.failures_in_a_row:
        return "failing"
    return "working" if feed.last_success_at else "not polled yet"


def _list_values() -> dict[str, Any]:
    feeds, now = feeds_of(needed_publication().id), utc_now()
    return {
        "feeds": feeds,
        "state_words": state_words,
        "silent": {feed.id for feed in feeds if is_long_silent(feed, now=now)},
        "silent_since": silent_since,
        "span": span,
    }


def _feed_values(feed_id: int) -> dict[str, Any]:
    feed = of_publication(Feed, feed_id)
    asked = _asked()
    answered = bool(asked and feed.last_polled_at and feed.last_polled_at >= asked)
    return {
        "feed": feed,
        "report": report_on(feed, now=utc_now()),
        "alarms": [one for one in open_alarms(feed.publication_id) if one.alarm.feed_id == feed.id],
        "span": span,
        "state_words": state_words,
        "asked": asked,
        "answered": answered,
        "found_new": bool(answered and feed.last_new_article_at == feed.last_polled_at),
    }


def _asked() -> datetime | None:
    """Return the moment in the address, if it is one that this page can have written."""
    try:
        moment = datetime.fromisoformat(request.args.get("asked", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and moment <= utc_now() else None


def _change(feed_id: int, action: str, act: Callable[[Feed], None]) -> None:
    feed = of_publication(Feed, feed_id)
    with unit_of_work():
        act(feed)
        audit.record(
            action, staff=staff_member(), now=utc_now(), object_kind="feed", object_id=feed_id
        )
