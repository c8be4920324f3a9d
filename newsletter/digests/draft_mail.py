"""Tell owners and editors by mail of a draft that goes out at its hour unless they stop it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog
from babel.dates import format_date, format_time, get_timezone

from newsletter.articles.models import Article
from newsletter.config import settings
from newsletter.digests.compose import new_ones
from newsletter.digests.drafts import is_ahead
from newsletter.digests.expectation import expect
from newsletter.digests.models import Digest
from newsletter.digests.publish import articles_by_id, carried_candidates
from newsletter.digests.subject import subject_line
from newsletter.extensions import db
from newsletter.mail.mailer import Mailer
from newsletter.mail.templates import RenderedMail, locale_of, one_line
from newsletter.publications.staff_mail import WAIT, mail_staff, render_staff_mail
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: Headlines that the mail names; the page has them all.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Told:
    """What the mail says of a draft."""

    digest: Digest
    articles: tuple[Article, ...]
    readers: int


def drafts_to_tell(now: datetime) -> list[int]:
    """Return the ids of the drafts that staff are to be told of now."""
    return list(db.session.scalars(sa.select(Digest.id).where(Digest.tell_at <= now)))


def tell_of_draft(*, digest_id: int, mailer: Mailer, now: datetime) -> int:
    """Send one mail to each owner and editor; return how many were accepted.

    Commits by itself. One mail accepted is enough; while none is, it is tried again until the
    hour has come. Told again after a crash, the mails have the same Message-IDs.
    """
    with unit_of_work():
        taken = _take(digest_id, now=now)
    if not taken:
        return 0
    told = _told(db.session.get_one(Digest, digest_id), now=now)
    accepted = mail_staff(
        publication=told.digest.publication,
        rendered=render_draft(told),
        kind="draft",
        number=digest_id,
        mailer=mailer,
        now=now,
    )
    if accepted:
        with unit_of_work() as session:
            session.get_one(Digest, digest_id).tell_at = None
    log.info("draft_told", digest_id=digest_id, mails=accepted)
    return accepted


def _take(digest_id: int, *, now: datetime) -> bool:
    """Take the telling in hand; False if it is not due, or comes too late to stop anything."""
    digest = db.session.get(Digest, digest_id, with_for_update=True, populate_existing=True)
    if digest is None or digest.tell_at is None or digest.tell_at > now:
        return False
    worth = is_ahead(digest) and (digest.slot > now or digest.held_at is not None)
    digest.tell_at = now + WAIT if worth else None
    return worth


def _told(digest: Digest, *, now: datetime) -> Told:
    shown = new_ones(carried_candidates(digest, now=now), after=digest.position_from)
    articles = articles_by_id([one.id for one in shown])
    return Told(digest, tuple(articles.values()), expect(digest=digest, now=now).mailed)


def render_draft(told: Told) -> RenderedMail:
    """Return the letter; its links ask for a sign-in."""
    digest, publication = told.digest, told.digest.publication
    local = digest.slot.astimezone(get_timezone(publication.time_zone))
    return render_staff_mail(
        "draft",
        publication,
        cadence=digest.cadence.value,
        hour=format_time(local, format="HH:mm"),
        day=format_date(local.date(), format="full", locale=locale_of(publication.language)),
        zone=publication.time_zone,
        wish=_subject(told),
        titles=[article.title for article in told.articles[:SHOWN]],
        more=max(len(told.articles) - SHOWN, 0),
        readers=told.readers,
        link=f"{settings.base_url}/admin/digests/{digest.id}/edit",
        stop_link=f"{settings.base_url}/admin/digests/{digest.id}",
    )


def _subject(told: Told) -> str:
    if not told.articles:
        return one_line(told.digest.subject)
    return subject_line(
        headline=told.articles[0].title,
        wish=told.digest.subject,
        others=len(told.articles) - 1,
        language=told.digest.publication.language,
    )
