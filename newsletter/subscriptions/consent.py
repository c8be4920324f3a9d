"""Consent: the words a reader agreed to, and each step of it kept as evidence."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from newsletter.database import insert_missing
from newsletter.extensions import db
from newsletter.languages import gettext as _
from newsletter.languages import speaking
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import (
    ConsentEvent,
    ConsentStep,
    ConsentWording,
    Source,
    Subscription,
)
from newsletter.subscriptions.signs import see

#: Steps that a reader takes herself, by a link in her mails.
_SIGNS_OF_LIFE = (
    ConsentStep.PREFERENCES_CHANGED,
    ConsentStep.ADDRESS_CHANGED,
    ConsentStep.STILL_WANTED,
)

#: Each signup asks for one: to write the statement anew takes as long as to have it executed.
_WORDING = sa.select(ConsentWording).where(ConsentWording.sha256 == sa.bindparam("sha256"))


@dataclass(frozen=True, slots=True)
class RequestEvidence:
    """Where a step came from: the door, the page it was taken on, the network, the browser."""

    source: Source
    page: str = ""
    ip_address: str = ""
    user_agent: str = ""


def consent_text(publication: Publication, *, language: str = "") -> str:
    """Return the sentence that stands by the signup button and is kept with the signup.

    Args:
        language: of the page; the publication's own if not given.
    """
    with speaking(language or publication.language):
        return _(
            "I ask to be sent %(name)s by email, from %(address)s. "
            "I can unsubscribe at any time with one click in every mail. "
            "My address is used for nothing else.",
            name=publication.name,
            address=publication.from_email,
        )


def record(
    *,
    subscription: Subscription,
    step: ConsentStep,
    request: RequestEvidence,
    now: datetime,
    wording: ConsentWording | None = None,
    detail: str = "",
) -> ConsentEvent:
    """Keep one step of a consent; one of the reader's own is a sign of life."""
    event = ConsentEvent(
        subscription_id=subscription.id,
        step=step,
        at=now,
        source=request.source,
        page=request.page[:2000],
        ip_address=request.ip_address[:45],
        user_agent=request.user_agent[:500],
        wording_id=wording.id if wording else None,
        detail=detail,
    )
    db.session.add(event)
    if step in _SIGNS_OF_LIFE and request.source is Source.MAIL_LINK:
        see(subscription_ids=[subscription.id], day=now.astimezone(UTC).date())
    return event


def current_wording(publication: Publication, *, language: str, now: datetime) -> ConsentWording:
    """Return the stored form of today's wording by the signup button."""
    text = consent_text(publication, language=language)
    return stored_wording(publication, text=text, language=language, now=now)


def stored_wording(
    publication: Publication, *, text: str, language: str, now: datetime
) -> ConsentWording:
    """Return the stored form of a wording; a changed text becomes a new row."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    wording = db.session.scalar(_WORDING, {"sha256": digest})
    if wording is None:
        values = {
            "publication_id": publication.id,
            "version": _next_version(publication, language=language),
            "language": language,
            "text": text,
            "sha256": digest,
            "created_at": now,
        }
        insert_missing(db.session(), ConsentWording, values, unique=["sha256"])
        wording = db.session.scalars(_WORDING, {"sha256": digest}).one()
    return wording


def _next_version(publication: Publication, *, language: str) -> int:
    newest = sa.select(sa.func.max(ConsentWording.version)).where(
        ConsentWording.publication_id == publication.id, ConsentWording.language == language
    )
    return (db.session.scalar(newest) or 0) + 1


def history(*, subscription_id: int) -> list[ConsentEvent]:
    """Return every step of one subscription's consent, oldest first."""
    statement = (
        sa.select(ConsentEvent)
        .where(ConsentEvent.subscription_id == subscription_id)
        .order_by(ConsentEvent.at, ConsentEvent.id)
    )
    return list(db.session.scalars(statement))


def came_by_file(subscription_id: int) -> bool:
    """Whether what was last asked for came from an imported file, and not from a signup."""
    asked = (ConsentStep.SIGNED_UP, ConsentStep.IMPORTED)
    statement = (
        sa.select(ConsentEvent.step)
        .where(ConsentEvent.subscription_id == subscription_id, ConsentEvent.step.in_(asked))
        .order_by(ConsentEvent.id.desc())
        .limit(1)
    )
    return db.session.scalar(statement) is ConsentStep.IMPORTED


def forget_request_traces(*, now: datetime) -> int:
    """Blank network address and browser of steps older than their publication keeps them.

    Returns:
        How many steps there were.
    """
    forgotten = 0
    for publication_id, days in db.session.execute(
        sa.select(Publication.id, Publication.traces_days)
    ).all():
        hers = sa.select(Subscription.id).where(Subscription.publication_id == publication_id)
        result = db.session.execute(
            sa.update(ConsentEvent)
            .where(ConsentEvent.at < now - timedelta(days=days))
            .where((ConsentEvent.ip_address != "") | (ConsentEvent.user_agent != ""))
            .where(ConsentEvent.subscription_id.in_(hers))
            .values(ip_address="", user_agent="")
            .execution_options(synchronize_session=False)
        )
        forgotten += result.rowcount  # type: ignore[attr-defined]
    return forgotten
