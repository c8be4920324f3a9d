"""Tell owners and editors by mail of a draft that goes out at its hour unless they stop it."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from babel.dates import format_date, format_time, get_timezone

from newsletter.articles.models import Article
from newsletter.digests.compose import new_ones
from newsletter.digests.drafts import is_ahead
from newsletter.digests.expectation import expect
from newsletter.digests.models import Digest
from newsletter.digests.publish import articles_by_id, carried_candidates
from newsletter.digests.subject import subject_line
from newsletter.extensions import db
from newsletter.mail.mailer import Mailer
from newsletter.mail.templates import RenderedMail, locale_of, one_line
from newsletter.publications.staff_mail import StaffMail, admin_page, render_staff_mail
from newsletter.publications.tell_staff import tell_staff

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
    return list(db.session.scalars(sa.select(Digest.id).where(Digest.tell_draft_at <= now)))


def tell_of_draft(*, digest_id: int, mailer: Mailer, now: datetime) -> int:
    """Tell each owner and editor of a draft; return how many mails were accepted."""
    return tell_staff(
        Digest,
        digest_id,
        tell_at=Digest.tell_draft_at,
        look=partial(_look, now=now),
        write=partial(_write, now=now),
        mailer=mailer,
        now=now,
    )


def _look(digest: Digest, *, now: datetime) -> Digest | None:
    """Return the draft if it is not too late to stop it."""
    in_time = is_ahead(digest) and (digest.slot > now or digest.held_at is not None)
    return digest if in_time else None


def _write(digest: Digest, *, now: datetime) -> StaffMail:
    shown = new_ones(carried_candidates(digest, now=now), after=digest.position_from)
    articles = articles_by_id([one.id for one in shown])
    told = Told(digest, tuple(articles.values()), expect(digest=digest, now=now).mailed)
    return StaffMail(
        kind="draft",
        number=digest.id,
        publication=digest.publication,
        rendered=render_draft(told),
    )


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
        link=admin_page(publication, f"digests/{digest.id}/edit"),
        stop_link=admin_page(publication, f"digests/{digest.id}"),
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
