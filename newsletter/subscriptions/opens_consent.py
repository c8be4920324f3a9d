"""Consent to opens: apart from that to the mails, given by one press and taken back by one."""

from datetime import UTC, datetime

from newsletter.database import insert_missing
from newsletter.extensions import db
from newsletter.languages import gettext as _
from newsletter.languages import speaking
from newsletter.publications.models import Publication
from newsletter.subscriptions import consent
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import ConsentStep, Subscription, SubscriptionState
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.subscriptions.signs import forget


def opens_text(publication: Publication, *, language: str = "") -> str:
    """Return the sentences that stand by the button and are kept with the consent.

    Args:
        language: of the page; the publication's own if not given.
    """
    with speaking(language or publication.language):
        return _(
            "I allow %(name)s to notice that I open its mails, by a small picture in them. "
            "It counts how often each mail is opened, without names. Of me it keeps only the "
            "day of my last sign of life, so that it can ask me whether I still want the mails. "
            "I can end this at any time with one press.",
            name=publication.name,
        )


def allow_opens(
    *, subscription: Subscription, language: str, request: RequestEvidence, now: datetime
) -> bool:
    """Keep the reader's consent; her mails carry the picture from the next slice of a batch on.

    Args:
        language: of the page on which she pressed.

    Returns:
        Whether it is new. Nothing is asked for, so nothing is kept, while the publication counts
        no opens or the subscription is not confirmed.
    """
    db.session.refresh(subscription, with_for_update=True)
    publication = subscription.publication
    if subscription.state is not SubscriptionState.CONFIRMED or not publication.counts_opens:
        return False
    values = {
        "subscription_id": subscription.id,
        "publication_id": publication.id,
        "allowed_at": now,
        "last_sign_on": now.astimezone(UTC).date(),
    }
    if not insert_missing(db.session(), SignOfLife, values, unique=["subscription_id"]):
        return False
    consent.record(
        subscription=subscription,
        step=ConsentStep.OPENS_ALLOWED,
        request=request,
        now=now,
        wording=consent.stored_wording(
            publication,
            text=opens_text(publication, language=language),
            language=language,
            now=now,
        ),
    )
    return True


def end_opens(*, subscription: Subscription, request: RequestEvidence, now: datetime) -> bool:
    """Take the consent back: what was kept is gone at once; say whether there was one."""
    db.session.refresh(subscription, with_for_update=True)
    if not forget(subscription_ids=[subscription.id]):
        return False
    consent.record(
        subscription=subscription, step=ConsentStep.OPENS_ENDED, request=request, now=now
    )
    return True
