"""The words reader pages use for digests, counts and texts of either direction."""

import unicodedata
from collections.abc import Callable, Mapping

from babel.numbers import format_decimal

from newsletter.digests.models import Digest
from newsletter.languages import gettext as _
from newsletter.languages import later, locale_of, ngettext, spoken
from newsletter.publications.hour_words import (
    cadence_words,
    local_day,
    local_moment,
    ordinal,
    zone_words,
)
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.consent import consent_text
from newsletter.subscriptions.models import Subscription
from newsletter.web.addresses import host

__all__ = [
    "CADENCE_ADJECTIVES",
    "FILTERS",
    "cadence_adjectives",
    "cadence_words",
    "comment_words",
    "consent_words",
    "digest_title",
    "direction",
    "hours_words",
    "local_day",
    "local_moment",
    "ordinal",
    "zone_words",
]

#: What kind of digest it was, as staff read it; readers read `cadence_adjectives`.
CADENCE_ADJECTIVES = {
    Cadence.DAILY: later("Daily"),
    Cadence.WEEKLY: later("Weekly"),
    Cadence.MONTHLY: later("Monthly"),
    Cadence.INSTANT: later("Instant"),
}


def cadence_adjectives() -> Mapping[Cadence, str]:
    """Return what kinds of digests there are, in the language spoken."""
    return {cadence: _(words) for cadence, words in CADENCE_ADJECTIVES.items()}


def consent_words(publication: Publication) -> str:
    """Return the sentence that stands by the signup button, in the language spoken."""
    return consent_text(publication, language=spoken())


def hours_words(subscription: Subscription) -> str:
    """Say at what hour a reader's digests come, for staff."""
    hours = subscription.hours
    whose = "her own" if subscription.own_hours else "the publication's"
    return f"{hours.send_at:%H:%M}, {zone_words(hours)} ({whose})"


def digest_title(digest: Digest) -> str:
    """Return what a digest goes by on the web."""
    return digest.title or digest.subject or digest.publication.name


def direction(text: str) -> str:
    """Say from where a text is read, "ltr" or "rtl": its first letter decides (UAX 9, P2)."""
    kinds = (unicodedata.bidirectional(sign) for sign in text)
    first = next((kind for kind in kinds if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


def comment_words(count: int | None) -> str:
    """Count comments: "No comments", "1 comment", "12 comments"; nothing if the feed is silent."""
    if count is None:
        return ""
    if count == 0:
        return _("No comments")
    return ngettext("%(shown)s comment", "%(shown)s comments", count, shown=number(count))


def number(count: int) -> str:
    """Write a whole number with its thousands apart, as the language spoken does."""
    return str(format_decimal(count, locale=locale_of(spoken())))


def masked_address(address: str) -> str:
    """Hint at an address to its owner, and tell it to nobody else: "a…@e….org"."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain[:1]}….{domain.rpartition('.')[2]}"


def capitalize_first(text: str) -> str:
    """Raise the first letter and leave the others, unlike `str.capitalize`."""
    return text[:1].upper() + text[1:]


#: Template filters by name.
FILTERS: dict[str, Callable[..., str]] = {
    "capitalize_first": capitalize_first,
    "consent": consent_words,
    "digest_title": digest_title,
    "direction": direction,
    "host": host,
    "number": number,
    "zone_words": zone_words,
    "cadence_words": cadence_words,
    "comment_words": comment_words,
    "local_day": local_day,
    "local_moment": local_moment,
    "masked_address": masked_address,
}
