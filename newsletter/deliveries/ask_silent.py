"""Ask silent readers whether they still want the mails; end what is not answered, if so chosen."""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from newsletter.deliveries.silence import silent_readers
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.publications.schedule import hours_of
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    LetterState,
    Source,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.owe_letter import owe_letter
from newsletter.subscriptions.question import ANSWER_DAYS
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.subscriptions.unsubscribe import unsubscribe

log = structlog.get_logger()

#: Letters owed in one transaction, and of one publication in one day of its own clock.
SLICE = 100
MOST_A_DAY = 1000
#: The hour of the publication's clock in which readers are asked: by day, and after most digests.
HOUR = 10


def publications_that_ask(*, now: datetime) -> list[int]:
    """Return the ids of publications that ask, or end, and whose hour for it is now."""
    asking = sa.select(Publication).where(
        Publication.counts_opens, Publication.ask_after_months > 0
    )
    return [one.id for one in db.session.scalars(asking) if _is_hour(one, now)]


def ask_some(*, publication_id: int, now: datetime) -> int:
    """Owe the letter to a slice of silent readers, those silent longest first; return how many.

    One worker at a time asks for a publication, so that nobody is asked twice.
    """
    alone = {"key_share": True}  # signups go on
    publication = db.session.get_one(Publication, publication_id, with_for_update=alone)
    left = MOST_A_DAY - _asked_today(publication, now=now)
    if left <= 0 or not publication.ask_after_months:
        return 0
    months = publication.ask_after_months
    silent = silent_readers(publication=publication, months=months, now=now)
    some = silent.order_by(SignOfLife.last_sign_on, SignOfLife.subscription_id)
    found = db.session.scalars(some.limit(min(SLICE, left))).all()
    for sign in found:
        _ask(sign, ends=publication.ends_unanswered, now=now)
    log.info("silent_readers_asked", publication_id=publication_id, readers=len(found))
    return len(found)


def end_some(*, publication_id: int, now: datetime) -> int:
    """End a slice of subscriptions whose readers were told so and did not answer in time."""
    publication = db.session.get_one(Publication, publication_id)
    if not (publication.counts_opens and publication.ends_unanswered):
        return 0
    ended = 0
    for subscription in db.session.scalars(_unanswered(publication_id, now=now).limit(SLICE)):
        request = RequestEvidence(Source.SILENCE)
        if unsubscribe(subscription=subscription, request=request, now=now):
            owe_letter(subscription=subscription, kind=LetterKind.ENDED, now=now)
            ended += 1
    log.info("unanswered_ended", publication_id=publication_id, subscriptions=ended)
    return ended


def _ask(sign: SignOfLife, *, ends: bool, now: datetime) -> None:
    sign.asked_at, sign.ends_unanswered = now, ends
    owe_letter(subscription=sign.subscription, kind=LetterKind.STILL_WANTED, now=now)


def _unanswered(publication_id: int, *, now: datetime) -> sa.Select[Subscription]:
    """Select who was told by a letter that went out, and so long ago; a pause is no silence."""
    due = now - timedelta(days=ANSWER_DAYS)
    told = sa.exists().where(
        Letter.subscription_id == SignOfLife.subscription_id,
        Letter.kind == LetterKind.STILL_WANTED,
        Letter.state == LetterState.SENT,
        Letter.requested_at >= SignOfLife.asked_at,
        Letter.sent_at <= due,
    )
    unpaused = sa.or_(Subscription.paused_until.is_(None), Subscription.paused_until < due)
    return (
        sa.select(Subscription)
        .join(SignOfLife, SignOfLife.subscription_id == Subscription.id)
        .where(SignOfLife.publication_id == publication_id, SignOfLife.ends_unanswered)
        .where(SignOfLife.asked_at <= due, told)
        .where(Subscription.state == SubscriptionState.CONFIRMED, unpaused)
        .order_by(Subscription.id)
    )


def _asked_today(publication: Publication, *, now: datetime) -> int:
    hours = hours_of(publication)
    midnight = hours.start_of(hours.day_of(now))
    asked = (
        sa.select(sa.func.count())
        .select_from(Letter)
        .join(Subscription, Subscription.id == Letter.subscription_id)
        .where(Letter.kind == LetterKind.STILL_WANTED, Letter.requested_at >= midnight)
        .where(Subscription.publication_id == publication.id)
    )
    return db.session.scalars(asked).one()


def _is_hour(publication: Publication, now: datetime) -> bool:
    return now.astimezone(hours_of(publication).zone).hour == HOUR
