"""The overview: is everything running, what comes next, how are we doing."""

from typing import Any

import sqlalchemy as sa
from flask import render_template
from flask.typing import ResponseReturnValue

from newsletter.articles.models import Feed
from newsletter.clock import utc_now
from newsletter.digests.drafts import waiting_drafts
from newsletter.digests.upcoming import upcoming
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.growth import growth
from newsletter.web.access import staff
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.digest_figures import going_digests, last_digests
from newsletter.web.admin.digest_words import digest_name, state_words
from newsletter.web.admin.publication_choice import chosen_publication, needed_publication
from newsletter.web.admin.queue_figures import queue_figures, worker_signs
from newsletter.web.admin.trouble import page_of, troubles


@admin.get("/")
@staff(StaffRole.VIEWER)
def overview() -> ResponseReturnValue:
    """Show the five answers."""
    publication, now = chosen_publication(), utc_now()
    if publication is None:
        return render_template("web/admin/no_publication.html")
    days = growth(publication.id, now=now)
    return render_template(
        "web/admin/overview.html",
        drafts=waiting_drafts(publication.id),
        coming=[upcoming(publication=publication, cadence=one, now=now) for one in Cadence],
        last=last_digests(publication.id),
        days=days,
        today=days[-1],
        gained=days[-1].confirmed - days[max(0, len(days) - 31)].confirmed,
        **_moving(publication),
    )


@admin.get("/overview/now")
@staff(StaffRole.VIEWER)
def overview_now() -> ResponseReturnValue:
    """Answer the part that moves by itself."""
    return render_template("web/admin/overview_now.html", **_moving(needed_publication()))


def _moving(publication: Publication) -> dict[str, Any]:
    now = utc_now()
    signs, queue = worker_signs(), queue_figures(now=now)
    feeds = sa.select(Feed).where(Feed.publication_id == publication.id).order_by(Feed.id)
    return {
        "troubles": troubles(publication, signs=signs, queue=queue, now=now),
        "signs": signs,
        "queue": queue,
        "going": going_digests(publication.id),
        "feeds": db.session.scalars(feeds).all(),
        "page_of": page_of,
        "digest_name": digest_name,
        "state_words": state_words,
    }
