"""Signs of life: what a reader does, noted by the day, of those who consented to opens alone."""

from collections.abc import Collection
from datetime import UTC, date, datetime

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.publications.schedule import months_before
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.sign_models import SignOfLife

#: A consent lapses with the last sign this long ago; nobody keeps giving it unseen.
LAPSES_AFTER_MONTHS = 36


def sign_of(subscription: Subscription) -> SignOfLife | None:
    """Return what is kept of a reader, None without her consent."""
    return db.session.get(SignOfLife, subscription.id)


def see(*, subscription_ids: Collection[int], day: date) -> None:
    """Note that readers were there on a day; nothing of those who did not consent.

    Whoever was asked whether she still wants the mails has answered by it.
    """
    hers = SignOfLife.subscription_id.in_(subscription_ids)
    is_news = sa.or_(SignOfLife.last_sign_on < day, SignOfLife.asked_at.is_not(None))
    db.session.execute(
        sa.update(SignOfLife)
        .where(hers, is_news)
        .values(
            last_sign_on=sa.case(
                (SignOfLife.last_sign_on < day, sa.literal(day, sa.Date)),
                else_=SignOfLife.last_sign_on,
            ),
            asked_at=None,
            ends_unanswered=False,
        )
        .execution_options(synchronize_session="fetch")
    )


def forget(*, subscription_ids: Collection[int]) -> bool:
    """Delete what is kept of readers, and with it their consent; say whether there was any."""
    result = db.session.execute(
        sa.delete(SignOfLife)
        .where(SignOfLife.subscription_id.in_(subscription_ids))
        .execution_options(synchronize_session="fetch")
    )
    return result.rowcount > 0  # type: ignore[attr-defined, no-any-return]


def forget_needless_signs(*, now: datetime) -> int:
    """Delete those of publications that count no opens any more, and consents that lapsed."""
    oldest = months_before(now.astimezone(UTC).date(), LAPSES_AFTER_MONTHS)
    silent = sa.select(Publication.id).where(Publication.counts_opens.is_(False))
    result = db.session.execute(
        sa.delete(SignOfLife)
        .where(SignOfLife.publication_id.in_(silent) | (SignOfLife.last_sign_on < oldest))
        .execution_options(synchronize_session=False)
    )
    return result.rowcount  # type: ignore[attr-defined, no-any-return]
