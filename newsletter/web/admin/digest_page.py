"""One digest: its figures while it goes out, what it carries, and every delivery."""

from datetime import datetime, timedelta
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.deliveries.correction_readers import expect_correction
from newsletter.deliveries.lease import MOST_LOST_LEASES
from newsletter.deliveries.listing import figures_of, list_deliveries
from newsletter.deliveries.models import DeliveryState
from newsletter.deliveries.open_figures import FEWEST_READERS, open_figures
from newsletter.deliveries.progress import Progress, progress
from newsletter.deliveries.recent_progress import recent_progress
from newsletter.digests.choices import choices_of, wished_treatments
from newsletter.digests.click_figures import FEWEST_MAILS, click_figures
from newsletter.digests.drafts import is_ahead
from newsletter.digests.expectation import Expectation, expect
from newsletter.digests.models import Digest, DigestKind, DigestState, Treatment
from newsletter.digests.own_hours import count_at_other_hours
from newsletter.digests.preflight_hold import hold_of
from newsletter.digests.publish import articles_by_id, carried_candidates
from newsletter.digests.publishing import is_quarantined
from newsletter.staff.models import StaffRole
from newsletter.web.access import staff
from newsletter.web.admin.asked import asked_choice, asked_number
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.digest_preflight_view import preflight_of
from newsletter.web.admin.digest_words import (
    DELIVERY_WORDS,
    FEEDBACK_WORDS,
    MOVING,
    digest_name,
    skip_words,
    state_words,
)
from newsletter.web.admin.live import event_stream
from newsletter.web.admin.publication_choice import of_publication
from newsletter.web.admin.times import span

#: States in which nothing has been frozen yet.
UNFROZEN = (DigestState.DRAFT, DigestState.SCHEDULED)


@admin.get("/digests/<int:digest_id>")
@staff(StaffRole.VIEWER)
def digest(digest_id: int) -> ResponseReturnValue:
    """Show one digest: figures and what it carries."""
    found = of_publication(Digest, digest_id)
    return digest_page("web/admin/digests/digest.html", found)


@admin.get("/digests/<int:digest_id>/progress")
@staff(StaffRole.VIEWER)
def digest_progress(digest_id: int) -> ResponseReturnValue:
    """Stream the live figures until the buttons on the page are out of date."""
    shown = request.args.get("shown")
    of_publication(Digest, digest_id)  # 404 before anything is streamed

    def values() -> dict[str, Any]:
        found = of_publication(Digest, digest_id)
        return _progress_values(found, recent_progress(found, now=utc_now()))

    return event_stream(
        lambda: render_template("web/admin/digests/progress_part.html", **values()),
        over=lambda: shown != values()["buttons"],
    )


@admin.get("/digests/<int:digest_id>/deliveries")
@staff(StaffRole.VIEWER)
def digest_deliveries(digest_id: int) -> ResponseReturnValue:
    """List the deliveries of a digest."""
    found = of_publication(Digest, digest_id)
    state, after = asked_choice(DeliveryState, "state"), asked_number("after")
    return digest_page(
        "web/admin/digests/deliveries.html",
        found,
        page=list_deliveries(digest_id=found.id, state=state, after=after),
        figures=figures_of([found.id])[found.id],
        state=state,
        after=after,
        states=DELIVERY_WORDS,
        feedback_words=FEEDBACK_WORDS,
    )


def digest_page(template: str, found: Digest, **values: Any) -> str:
    """Render one of the pages about a digest, with what their common head shows."""
    now = utc_now()
    return render_template(
        template,
        expectation=_expectation(found, now=now) if found.state in UNFROZEN else None,
        carried=_carried(found),
        at_other_hours=count_at_other_hours(found) if is_ahead(found) else 0,
        left_out=list(articles_by_id(sorted(choices_of(found).left_out)).values()),
        preflight=preflight_of(found, now=now),
        clicks=click_figures(found),
        fewest_mails=FEWEST_MAILS,
        opens=open_figures(found),
        fewest_readers=FEWEST_READERS,
        **_progress_values(found, progress(found, now=now)) | values,
    )


def _expectation(found: Digest, *, now: datetime) -> Expectation:
    if found.kind is DigestKind.CORRECTION:
        return expect_correction(article=found.articles[0].article, now=now)
    return expect(digest=found, now=now)


def _progress_values(found: Digest, figures: Progress) -> dict[str, Any]:
    return {
        "digest": found,
        "progress": figures,
        "unpublishable": is_quarantined(found),
        "held": hold_of(found),
        "buttons": _buttons(found, figures),
        "most_lost_leases": MOST_LOST_LEASES,
        "moving": found.state in MOVING,
        "name": digest_name(found),
        "state_words": state_words(found),
        "ahead": is_ahead(found),
        "is_correction": found.kind is DigestKind.CORRECTION,
        "skip_words": skip_words,
        "span_of": lambda seconds: span(timedelta(seconds=seconds)),
    }


def _buttons(found: Digest, figures: Progress) -> str:
    """Return what decides which buttons the page has."""
    quarantined = figures.quarantined or is_quarantined(found)
    held = " held" if hold_of(found) else ""
    return state_words(found) + (" quarantined" if quarantined else "") + held


def _carried(found: Digest) -> list[tuple[Any, Treatment]]:
    """Return the articles with their treatment: as frozen, or as they would be now."""
    if found.articles:
        return [(one.article, one.treatment) for one in found.articles]
    if found.state not in UNFROZEN:
        return []
    candidates = carried_candidates(found, now=utc_now())
    articles = list(articles_by_id([one.id for one in candidates]).values())
    return list(zip(articles, wished_treatments(found, articles), strict=True))
