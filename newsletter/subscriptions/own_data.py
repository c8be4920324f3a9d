"""Own data: everything we keep of one reader, for herself, as plain values for JSON."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.schedule import hours_of
from newsletter.subscriptions.choices_models import FormerChoices
from newsletter.subscriptions.consent import history
from newsletter.subscriptions.models import (
    AddressChange,
    ConsentEvent,
    Letter,
    LetterKind,
    ReaderHours,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.signs import sign_of
from newsletter.subscriptions.tell_choices import former_of
from newsletter.suppressions.suppress import suppression_of


def own_data(subscriber: Subscriber) -> dict[str, Any]:
    """Return what this room and those below keep; deliveries add theirs."""
    suppression = suppression_of(address=subscriber.email)
    return {
        "address": subscriber.email,
        "name": subscriber.name,
        "known_since": written(subscriber.created_at),
        "suppressed": suppression.reason.value if suppression else None,
        "note_of_staff": suppression.note if suppression else "",
        "subscriptions": [_subscription(one) for one in subscriber.subscriptions],
    }


def written(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 in UTC."""
    return moment.isoformat() if moment else None


def _subscription(row: Subscription) -> dict[str, Any]:
    return {
        "publication": row.publication.name,
        "state": row.state.value,
        "legal_basis": _basis(row),
        "cadence": row.cadence.value,
        "topics": _names_of(row.topics, row),
        "language": row.language,
        "hour": f"{row.hours.send_at:%H:%M}",
        "time_zone": row.hours.time_zone,
        "hours_are_own": row.own_hours is not None,
        "paused_until": written(row.paused_until),
        "signed_up_at": written(row.signed_up_at),
        "confirmed_at": written(row.confirmed_at),
        "unsubscribed_at": written(row.unsubscribed_at),
        "considered_up_to_article": row.cursor,
        "opens": _opens(row),
        "consent": [_step(event) for event in history(subscription_id=row.id)],
        "letters": [_letter(letter) for letter in _rows(Letter, row)],
        "changes_of_address": [_change(change) for change in _rows(AddressChange, row)],
    }


def _names_of(topics: frozenset[int], row: Subscription) -> list[str]:
    names = {topic.id: topic.name for topic in row.publication.topics}
    return sorted(names.get(one, str(one)) for one in topics)


def _basis(row: Subscription) -> str | None:
    """Return why she may be mailed; None while she has not confirmed, for then she may not."""
    return None if row.state is SubscriptionState.PENDING else row.legal_basis.value


def _opens(row: Subscription) -> dict[str, Any] | None:
    sign = sign_of(row)
    if sign is None:
        return None
    return {
        "allowed_at": written(sign.allowed_at),
        "last_sign_of_life_on": sign.last_sign_on.isoformat(),
        "asked_whether_still_wanted_at": written(sign.asked_at),
    }


def _step(event: ConsentEvent) -> dict[str, Any]:
    wording = event.wording
    return {
        "step": event.step.value,
        "at": written(event.at),
        "through": event.source.value,
        "page": event.page,
        "network_address": event.ip_address,
        "browser": event.user_agent,
        "detail": event.detail,
        "wording": wording.text if wording else None,
        "wording_version": wording.version if wording else None,
        "wording_sha256": wording.sha256 if wording else None,
    }


def _letter(letter: Letter) -> dict[str, Any]:
    asked = {"kind": letter.kind.value, "asked_for_at": written(letter.requested_at)}
    if letter.kind is LetterKind.NEW_ADDRESS:
        # It goes to an address that she typed: what became of it tells how we stand to that.
        return asked
    told = asked | {
        "state": letter.state.value,
        "sent_at": written(letter.sent_at),
        "words_of_the_mail_server": letter.reason,
    }
    former = former_of(letter)
    return told | {"choices_before": _former(former)} if former else told


def _former(former: FormerChoices) -> dict[str, Any]:
    row = former.letter.subscription
    own = db.session.get(ReaderHours, former.hours_id) if former.hours_id else None
    hours = own.hours if own else hours_of(row.publication)
    return {
        "cadence": former.cadence.value,
        "topics": _names_of(former.topics, row),
        "language": former.language,
        "hour": f"{hours.send_at:%H:%M}",
        "time_zone": hours.time_zone,
        "hours_are_her_own": own is not None,
        "paused_until": written(former.paused_until),
        "opens_allowed": former.allows_opens,
    }


def _change(change: AddressChange) -> dict[str, Any]:
    return {
        "state": change.state.value,
        "from": change.old_email,
        "to": change.new_email,
        "asked_at": written(change.asked_at),
        "changed_at": written(change.changed_at),
    }


def _rows(table: Any, row: Subscription) -> list[Any]:
    statement = sa.select(table).where(table.subscription_id == row.id).order_by(table.id)
    return list(db.session.scalars(statement))
