"""Deliverability: what came back, by day, digest and domain, and by which way we learned of it."""

from flask import render_template
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.deliveries.feedback_figures import (
    FeedbackCount,
    feedback_by_day,
    feedback_by_digest,
    feedback_by_domain,
    last_feedback,
)
from newsletter.feedback.models import NoticeSource
from newsletter.feedback.sources import source_standings
from newsletter.staff.models import StaffRole
from newsletter.suppressions.listing import count_by_reason
from newsletter.web.access import staff
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.digest_words import FEEDBACK_WORDS, digest_name
from newsletter.web.admin.publication_choice import needed_publication

SOURCE_WORDS = {
    NoticeSource.MAIL: "Mail that came back",
    NoticeSource.SES: "Amazon SES",
    NoticeSource.POSTMARK: "Postmark",
    NoticeSource.MAILGUN: "Mailgun",
    NoticeSource.SENDGRID: "SendGrid",
    NoticeSource.RESEND: "Resend",
}


@admin.get("/deliverability")
@staff(StaffRole.VIEWER)
def deliverability() -> ResponseReturnValue:
    """Show what came back in the last thirty days."""
    publication, now = needed_publication(), utc_now()
    days = feedback_by_day(publication.id, now=now)
    return render_template(
        "web/admin/deliverability/page.html",
        days=days,
        total=_sum([count for _, count in days]),
        digests=feedback_by_digest(publication.id),
        domains=feedback_by_domain(publication.id, now=now),
        events=last_feedback(publication.id),
        sources=source_standings(),
        suppressed=sum(count_by_reason().values()),
        feedback_words=FEEDBACK_WORDS,
        source_words=SOURCE_WORDS,
        digest_name=digest_name,
    )


def _sum(counts: list[FeedbackCount]) -> FeedbackCount:
    return FeedbackCount(
        hard=sum(one.hard for one in counts),
        soft=sum(one.soft for one in counts),
        complaints=sum(one.complaints for one in counts),
    )
