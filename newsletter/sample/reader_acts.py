"""What the invented readers do, as acts that can be played one after the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.publications.topics import topic_slug
from newsletter.sample.content import SITE, sample_articles
from newsletter.sample.readers import ReaderStory, reader_stories
from newsletter.subscriptions.confirm import confirm
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import Source, Subscriber, Subscription
from newsletter.subscriptions.preferences import change_preferences
from newsletter.subscriptions.signup import sign_up
from newsletter.subscriptions.unsubscribe import unsubscribe

_BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
)


@dataclass(frozen=True, slots=True)
class ReaderAct:
    """One thing a reader did, ready to be done inside a unit of work."""

    moment: datetime
    is_signup: bool
    play: Callable[[Publication], object]


def reader_acts(*, base: str, now: datetime) -> Iterator[ReaderAct]:
    """Yield all that the readers did before `now`, reader by reader."""
    for story in reader_stories():
        yield _signup(story, base, now - story.signed_up)
        if story.confirmed is not None:
            yield _confirmation(story, base, now - story.confirmed)
        if story.changed is not None:
            yield _change(story, base, now - story.changed[0])
        if story.left is not None:
            yield _leaving(story, base, now - story.left)


def _signup(story: ReaderStory, base: str, moment: datetime) -> ReaderAct:
    source = Source.FOREIGN_FORM if story.from_site else Source.PAGE
    page = f"{base}{_article_path(story)}" if story.from_site else f"{base}/"

    def play(publication: Publication) -> None:
        sign_up(
            publication=publication,
            email=story.email,
            cadence=story.cadence,
            topics=[topic_slug(name) for name in story.topics],
            name=story.name,
            request=_request(story, source, page),
            now=moment,
        )

    return ReaderAct(moment, True, play)


def _confirmation(story: ReaderStory, base: str, moment: datetime) -> ReaderAct:
    request = _request(story, Source.MAIL_LINK, f"{base}/confirm")

    def play(_publication: Publication) -> None:
        subscription = _subscription(story)
        confirm(subscription=subscription, round=subscription.round, request=request, now=moment)

    return ReaderAct(moment, False, play)


def _change(story: ReaderStory, base: str, moment: datetime) -> ReaderAct:
    request = _request(story, Source.MAIL_LINK, f"{base}/preferences")

    def play(_publication: Publication) -> None:
        assert story.changed is not None
        change_preferences(
            subscription=_subscription(story),
            cadence=story.changed[1],
            topics=[topic_slug(name) for name in story.topics],
            request=request,
            now=moment,
        )

    return ReaderAct(moment, False, play)


def _leaving(story: ReaderStory, base: str, moment: datetime) -> ReaderAct:
    source = Source.ONE_CLICK if story.number % 2 else Source.MAIL_LINK
    request = _request(story, source, f"{base}/unsubscribe")

    def play(_publication: Publication) -> None:
        unsubscribe(subscription=_subscription(story), request=request, now=moment)

    return ReaderAct(moment, False, play)


def _subscription(story: ReaderStory) -> Subscription:
    statement = sa.select(Subscription).join(Subscriber).where(Subscriber.email == story.email)
    return db.session.scalars(statement).one()


def _request(story: ReaderStory, source: Source, page: str) -> RequestEvidence:
    """Describe a request from the networks that are kept for examples (RFC 5737)."""
    return RequestEvidence(
        source=source,
        page=page,
        ip_address=f"{('192.0.2', '198.51.100', '203.0.113')[story.number % 3]}.{story.number + 1}",
        user_agent=_BROWSERS[story.number % len(_BROWSERS)],
    )


def _article_path(story: ReaderStory) -> str:
    articles = sample_articles(base_url="")
    return f"{SITE}/{articles[story.number % 5].slug}"
