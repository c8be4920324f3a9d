"""What became of a delivery, and when to try again.

Of a relay's words no address is kept: the reader may be erased while her mail is under way.
"""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.database import pairs_table
from newsletter.deliveries.bounces import record_bounce
from newsletter.deliveries.models import WAITING, Delivery, DeliveryState, SkipReason
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.mail.bounce_kinds import BounceReport, ReportKind, shown_words
from newsletter.mail.bounce_status import judge, status_in
from newsletter.mail.outgoing import Accepted, Deferred, InDoubt, Outcome, Refused
from newsletter.mail.relay_reactions import about_us, without_addresses
from newsletter.mail.smtp_replies import Reply
from newsletter.subscriptions.models import Subscription, SubscriptionState

#: Minutes until the next attempt after the first, second, … deferral.
RETRY_MINUTES = (5, 15, 30, 60, 120, 240)
#: Up to a quarter is added by chance, so that what failed together does not return together.
JITTER = 0.25
#: A reader whose server puts us off for so long does not get this digest any more.
GIVE_UP = timedelta(hours=48)
#: Yet nobody is given up before so many attempts, some four hours of them: a digest that was paused
#: for two days, or waited so long for a relay, is as new to her server as any other.
FEWEST_ATTEMPTS = 6
#: A mail in doubt is sent again soon: a relay that went away is back within minutes. Should that be
#: in doubt too, further copies wait as deferrals do: perhaps the reader has them all.
DOUBT_WAIT = timedelta(minutes=1)
#: What is said of us or of the relay (421, 4.7.x, 5.7.x) is not held against the reader: the mail
#: is tried again, as if for the first time, once the silence that throttling asks for is over.
OUR_WAIT = timedelta(minutes=15)

#: States that an answer of the relay may end; what is known of a sent mail stays known.
NOT_SENT = (*WAITING, DeliveryState.SKIPPED, DeliveryState.FAILED)


def record_skipped(*, skipped: Iterable[tuple[int, str]]) -> None:
    """Note deliveries that are left out: pairs of delivery id and SkipReason.

    Who undid her unsubscribing since she was looked up is not left out.
    """
    noted = pairs_table(db.session(), skipped)
    is_back = sa.exists().where(
        Subscription.id == Delivery.subscription_id,
        Subscription.state == SubscriptionState.CONFIRMED,
        noted.c.text == SkipReason.UNSUBSCRIBED.value,
    )
    _update_all(noted, WAITING, ~is_back, state=DeliveryState.SKIPPED, reason=noted.c.text)


def record_sent(*, replies: Iterable[tuple[int, str]], now: datetime) -> None:
    """Note deliveries that the relay accepted: pairs of delivery id and the relay's words.

    What was accepted is sent, whatever its row says by now: it may have been cancelled meanwhile.
    """
    noted = pairs_table(db.session(), ((id, without_addresses(reply)) for id, reply in replies))
    _update_all(
        noted,
        NOT_SENT,
        state=DeliveryState.SENT,
        reason="",
        sent_at=now,
        reply=noted.c.text,
        next_attempt_at=None,
    )


def record_failed(*, delivery_id: int, reply: str) -> None:
    """Note one delivery that will never be accepted, with the reason in words."""
    _update(
        delivery_id,
        NOT_SENT,
        state=DeliveryState.FAILED,
        reason="",
        reply=without_addresses(reply),
    )


def record_outcome(*, outcome: Outcome, attempts: int, now: datetime) -> None:
    """Note what the relay said of one delivery.

    Args:
        attempts: how many times it had been tried before.
    """
    delivery_id = int(outcome.mail_id)
    if isinstance(outcome, Accepted):
        record_sent(replies=[(delivery_id, outcome.reply)], now=now)
    elif isinstance(outcome, Refused):
        _refuse(delivery_id, f"{outcome.code} {outcome.text}", now=now)
    elif isinstance(outcome, Deferred):
        reply = Reply(outcome.code, outcome.text)
        of_us = outcome.of_us or about_us(reply)
        if of_us:
            wait, enough = _with_jitter(OUR_WAIT), True
        else:
            wait, attempts = retry_wait(attempts=attempts), attempts + 1
            enough = attempts >= FEWEST_ATTEMPTS
        kind = ReportKind.ABOUT_US if of_us else ReportKind.SOFT
        _try_again(
            delivery_id,
            str(reply),
            attempts=attempts,
            wait=wait,
            enough=enough,
            kind=kind,
            now=now,
        )
    else:
        _doubt(delivery_id, outcome, attempts=attempts, now=now)


def retry_wait(*, attempts: int) -> timedelta:
    """Return how long to wait after the given number of earlier attempts."""
    minutes = RETRY_MINUTES[min(attempts, len(RETRY_MINUTES) - 1)]
    return _with_jitter(timedelta(minutes=minutes))


def _with_jitter(wait: timedelta) -> timedelta:
    return wait * (1 + random.uniform(0, JITTER))  # noqa: S311 - no secret


def _refuse(delivery_id: int, reply: str, *, now: datetime) -> None:
    """Note a refusal for good; it is a bounce like one that comes back later."""
    record_failed(delivery_id=delivery_id, reply=reply)
    kind, status = judge(words=reply), status_in(reply)
    report = BounceReport(kind=kind, status=status, text=shown_words(reply))
    record_bounce(delivery_id=delivery_id, report=report, now=now)


def _doubt(delivery_id: int, outcome: InDoubt, *, attempts: int, now: datetime) -> None:
    db.session.execute(
        sa.update(Delivery).where(Delivery.id == delivery_id).values(doubts=Delivery.doubts + 1)
    )
    wait = retry_wait(attempts=attempts) if attempts else DOUBT_WAIT
    attempts, enough = attempts + 1, attempts + 1 >= FEWEST_ATTEMPTS
    _try_again(delivery_id, outcome.text, attempts=attempts, wait=wait, enough=enough, now=now)


def _try_again(
    delivery_id: int,
    reply: str,
    *,
    attempts: int,
    wait: timedelta,
    enough: bool,
    kind: ReportKind = ReportKind.SOFT,
    now: datetime,
) -> None:
    """Let the delivery wait, or give it up where it was tried often and long `enough`.

    Args:
        kind: what giving it up says of the address; nothing, where the relay spoke of us.
    """
    if enough and now - _begun(delivery_id, now=now) > GIVE_UP:
        told = f"given up after 48 hours: {reply}"
        record_failed(delivery_id=delivery_id, reply=told)
        report = BounceReport(kind=kind, text=shown_words(told))
        record_bounce(delivery_id=delivery_id, report=report, now=now)
        return
    _update(
        delivery_id,
        WAITING,  # what was cancelled meanwhile stays so
        state=DeliveryState.DEFERRED,
        attempts=attempts,
        reply=without_addresses(reply),
        next_attempt_at=now + wait,
    )


def _begun(delivery_id: int, *, now: datetime) -> datetime:
    """Return since when a delivery has been tried, at the earliest: a pause does not count.

    One that was never put off before is only beginning: the relay itself may have been stopped.
    """
    known = sa.select(Digest.fanned_out_at, Digest.resumed_at, Delivery.state)
    found = known.join(Delivery, Delivery.digest_id == Digest.id).where(Delivery.id == delivery_id)
    fanned_out_at, resumed_at, state = db.session.execute(found).one()
    if state is DeliveryState.QUEUED or fanned_out_at is None:
        return now
    return max(fanned_out_at, resumed_at or fanned_out_at)


def _update_all(
    noted: sa.Subquery,
    states: Sequence[DeliveryState],
    *conditions: sa.ColumnElement[bool],
    **values: Any,
) -> None:
    """Update the deliveries that are noted, in one statement however many they are."""
    db.session.execute(
        sa.update(Delivery)
        .where(Delivery.id == noted.c.id, Delivery.state.in_(states), *conditions)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _update(delivery_id: int, states: Sequence[DeliveryState], **values: Any) -> None:
    """Update one delivery, if it stands in one of the states."""
    db.session.execute(
        sa.update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state.in_(states))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
