"""Remember whether the site of a feed answers WordPress' REST interface."""

from datetime import datetime, timedelta

from newsletter.articles.models import Feed, RestState
from newsletter.articles.shapes import RestAnswer

#: A closed interface is tried again after this; sites change hands, plugins come and go.
ASK_AGAIN = timedelta(days=7)
#: One that failed is left alone for so long: it must not slow each poll down.
AFTER_FAILURE = timedelta(minutes=30)


def may_ask_rest(feed: Feed, *, now: datetime) -> bool:
    """Say whether the interface is worth a request now."""
    if feed.rest_checked_at is None or not feed.rest_note:
        return True
    wait = ASK_AGAIN if feed.rest_state is RestState.CLOSED else AFTER_FAILURE
    return feed.rest_checked_at + wait <= now


def note_rest(feed: Feed, answer: RestAnswer | None, *, now: datetime) -> None:
    """Keep what an answer told; one that cannot be told from leaves the state as it is."""
    if answer is None:
        return
    feed.rest_checked_at, feed.rest_note = now, answer.note
    if answer.is_open is None or len(answer.url) > 2000:
        return
    feed.rest_state = RestState.OPEN if answer.is_open else RestState.CLOSED
    feed.rest_url = answer.url
