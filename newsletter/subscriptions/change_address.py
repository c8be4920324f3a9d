"""Change of address: asked for by a personal link, made at the new one, undone at the old one."""

from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from newsletter.extensions import db
from newsletter.languages import gettext as _
from newsletter.subscriptions import consent
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.erase import find_subscriber, is_erased
from newsletter.subscriptions.models import (
    AddressChange,
    AddressChangeState,
    ConsentStep,
    LetterKind,
    Subscriber,
    Subscription,
)
from newsletter.subscriptions.owe_letter import owe_letter
from newsletter.subscriptions.shares import take_share_of
from newsletter.subscriptions.short_links import NEW_ADDRESS_HOURS, OLD_ADDRESS_DAYS
from newsletter.subscriptions.signup import UnusableAddress, usable_address
from newsletter.suppressions.suppress import hash_address, suppression_of

log = structlog.get_logger()

_DAY = timedelta(hours=24)
#: Changes that one reader can ask for in a day; beyond, no letter leaves.
CHANGES_A_DAY = 3


class MoveResult(StrEnum):
    """What came of a link that moves a reader, to the new address or back to the old one."""

    MOVED = "moved"
    ALREADY_MOVED = "already_moved"
    IMPOSSIBLE = "impossible"  # taken, silenced, or overtaken by another change


def ask_for_change(*, subscription: Subscription, email: str, now: datetime) -> AddressChange:
    """Note the wish and owe the new address a letter.

    The answer is the same for every address. Whether it is subscribed already only its owner
    learns, by that letter; one that is suppressed gets none.

    Raises:
        UnusableAddress: no address that mail could reach, or the one she has.
    """
    address = usable_address(email)
    subscriber = _locked(subscription)
    if address.casefold() == subscriber.email_key:
        raise UnusableAddress(_("This is the address you have. Enter another one."))
    may_write = _may_write(subscriber, address, now=now)
    change = AddressChange(
        subscription_id=subscription.id,
        old_email=subscriber.email,
        new_email=address,
        asked_at=now,
    )
    db.session.add(change)
    db.session.flush()
    if may_write:
        owe_letter(subscription=subscription, kind=LetterKind.NEW_ADDRESS, now=now, change=change)
    return change


def is_taken(*, email: str) -> bool:
    """Whether somebody is known by an address already."""
    return find_subscriber(email=email) is not None


def standing_of_move(change: AddressChange, *, back: bool) -> MoveResult | None:
    """Say what a link finds before it is used; None: it would move her."""
    subscriber = change.subscription.subscriber
    begin, end = change.old_email, change.new_email
    wanted = AddressChangeState.DONE if back else AddressChangeState.ASKED
    if back:
        begin, end = end, begin
    if change.state is not wanted:
        there = subscriber.email == end and change.state is not AddressChangeState.ASKED
        return MoveResult.ALREADY_MOVED if there else MoveResult.IMPOSSIBLE
    silenced = suppression_of(address=end) is not None
    later = _later_moves(change) if back else []
    if subscriber.email != (later[-1].new_email if later else begin):
        return MoveResult.IMPOSSIBLE
    if is_erased(subscriber) or silenced or is_taken(email=end):
        return MoveResult.IMPOSSIBLE
    return None


def move(
    *, change: AddressChange, back: bool, request: RequestEvidence, now: datetime
) -> MoveResult:
    """Give the reader her new address, and tell the old one; or give her back the old one."""
    subscription = change.subscription
    subscriber = _locked(subscription)
    db.session.refresh(change)
    found = standing_of_move(change, back=back)
    if found is not None:
        return found
    later = _later_moves(change) if back else []
    if not _set_address(subscriber, change.old_email if back else change.new_email):
        return MoveResult.IMPOSSIBLE
    change.state = AddressChangeState.UNDONE if back else AddressChangeState.DONE
    change.changed_at = now
    _record(subscriber, "the former address again" if back else "", request=request, now=now)
    if back:
        for one in later:
            one.state, one.changed_at = AddressChangeState.UNDONE, now
        _end_others(change, subscriber)
    else:
        owe_letter(
            subscription=subscription, kind=LetterKind.ADDRESS_CHANGED, now=now, change=change
        )
    log.info("address_changed", subscriber_id=subscriber.id, back=back)
    return MoveResult.MOVED


def _later_moves(change: AddressChange) -> list[AddressChange]:
    """Return the moves that led on from where this one led, first to last.

    Whoever took a reader's address from her must not keep it by moving once more.
    """
    hers = sa.select(AddressChange).join(AddressChange.subscription)
    done = db.session.scalars(
        hers.where(Subscription.subscriber_id == change.subscription.subscriber_id)
        .where(AddressChange.state == AddressChangeState.DONE)
        .where(AddressChange.changed_at >= change.changed_at, AddressChange.id != change.id)
        .order_by(AddressChange.changed_at, AddressChange.id)
    )
    path: list[AddressChange] = []
    for one in done:
        if one.old_email == (path[-1] if path else change).new_email:
            path.append(one)
    return path


def forget_changes(*, now: datetime) -> int:
    """Delete changes that can neither be made nor undone any more, with both addresses."""
    asked, made = timedelta(hours=NEW_ADDRESS_HOURS), timedelta(days=OLD_ADDRESS_DAYS)
    over = sa.or_(
        AddressChange.changed_at < now - made,
        sa.and_(AddressChange.changed_at.is_(None), AddressChange.asked_at < now - asked),
    )
    result = db.session.execute(
        sa.delete(AddressChange).where(over).execution_options(synchronize_session=False)
    )
    return result.rowcount  # type: ignore[attr-defined, no-any-return]


def _locked(subscription: Subscription) -> Subscriber:
    """Return the reader; what she asks for through another of her subscriptions waits meanwhile."""
    return db.session.get_one(
        Subscriber, subscription.subscriber_id, with_for_update=True, populate_existing=True
    )


def _may_write(subscriber: Subscriber, address: str, *, now: datetime) -> bool:
    """Whether a letter may leave: a few a day for one reader, and what the address may get."""
    hers = sa.select(sa.func.count()).select_from(AddressChange).join(AddressChange.subscription)
    hers = hers.where(Subscription.subscriber_id == subscriber.id)
    asked = db.session.scalars(hers.where(AddressChange.asked_at > now - _DAY)).one()
    return asked < CHANGES_A_DAY and take_share_of(address=address, now=now)


def _end_others(change: AddressChange, subscriber: Subscriber) -> None:
    """End what else was asked for: whoever moved a reader against her will may have asked twice."""
    hers = sa.select(Subscription.id).where(Subscription.subscriber_id == subscriber.id)
    db.session.execute(
        sa.update(AddressChange)
        .where(AddressChange.subscription_id.in_(hers), AddressChange.id != change.id)
        .where(AddressChange.state == AddressChangeState.ASKED)
        .values(state=AddressChangeState.UNDONE)
    )


def _set_address(subscriber: Subscriber, email: str) -> bool:
    """Store the address; say whether it was free, for somebody may sign up with it meanwhile."""
    try:
        with db.session.begin_nested():
            subscriber.email = email
            subscriber.email_key = email.casefold()
            subscriber.address_hash = hash_address(email)
    except IntegrityError:
        db.session.refresh(subscriber)
        return False
    return True


def _record(
    subscriber: Subscriber, detail: str, *, request: RequestEvidence, now: datetime
) -> None:
    for subscription in subscriber.subscriptions:
        consent.record(
            subscription=subscription,
            step=ConsentStep.ADDRESS_CHANGED,
            request=request,
            now=now,
            detail=detail,
        )
    db.session.flush()
