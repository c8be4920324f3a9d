"""The welcome: what a new reader can expect, and the latest digest as she would have got it."""

from collections.abc import Sequence
from datetime import datetime

from newsletter.articles.find import READABLE
from newsletter.articles.models import Article
from newsletter.config import settings
from newsletter.digests.archive import sent_digests, web_articles
from newsletter.digests.budget import MailTooLarge, Plan, fit
from newsletter.digests.frozen import as_frozen, edited_since
from newsletter.digests.models import Digest, Treatment
from newsletter.digests.render import address_of, entries_of
from newsletter.digests.story import Story
from newsletter.digests.variants import web_url
from newsletter.languages import speaking
from newsletter.mail.html import mail_html
from newsletter.mail.logo import logo_address
from newsletter.mail.markers import Markers, Placeholder
from newsletter.mail.palette import palette
from newsletter.mail.templates import RenderedMail, fill, one_line
from newsletter.publications.hour_words import (
    cadence_words,
    local_day,
    local_moment,
    zone_words,
)
from newsletter.publications.models import Cadence
from newsletter.subscriptions.hours import next_digest_at
from newsletter.subscriptions.models import Subscription

#: Digests looked through for one with something for her topics.
LOOKED_THROUGH = 10


def render_welcome(*, subscription: Subscription, markers: Markers, now: datetime) -> RenderedMail:
    """Return subject and both parts of the letter, personal links still markers.

    What it shows was sent before she confirmed: her cursor is past it, so none of it comes again.
    """
    digest, articles = _latest_for(subscription)
    values = {**_expectation(subscription, now=now), **_setting(subscription, digest, markers)}
    letter = _Letter(subscription, articles, values)
    try:
        plan = fit([Treatment.EXCERPT] * len(articles), size=letter.size)
    except MailTooLarge:
        plan = Plan((), 0)
    return RenderedMail(
        subject=one_line(letter.filled("welcome/subject.txt", plan)),
        html=letter.html(plan),
        text=letter.filled("welcome/body.txt", plan).strip() + "\n",
    )


class _Letter:
    """What every plan of one welcome has in common."""

    def __init__(
        self,
        subscription: Subscription,
        articles: Sequence[Article],
        values: dict[str, object],
    ) -> None:
        self._language = subscription.language
        self._values = values
        self._stories = [
            Story(
                article=article,
                language=self._language,
                time_zone=subscription.publication.time_zone,
                url=address_of(article),
                mark="",  # no text is quoted in full
            )
            for article in articles
        ]

    def size(self, plan: Plan) -> int:
        return len(self.html(plan).encode())

    def html(self, plan: Plan) -> str:
        css = self.filled("parts/inline.css", plan)
        return mail_html(self.filled("welcome/body.mjml", plan), css=css)

    def filled(self, template: str, plan: Plan) -> str:
        return fill(
            template,
            language=self._language,
            entries=entries_of(self._stories, plan),
            left=len(self._stories) - plan.shown,
            **self._values,
        )


def _latest_for(subscription: Subscription) -> tuple[Digest | None, list[Article]]:
    """Return the newest digest before she confirmed that has readable articles of her topics.

    One of her own cadence shows best what she will get; else it is one by the clock, else, where
    nothing else was sent, a single article.
    """
    upto = subscription.confirmed_at
    for cadence in (subscription.cadence, None, Cadence.INSTANT):
        found = sent_digests(subscription.publication, limit=LOOKED_THROUGH, cadence=cadence)
        for digest in found:
            if digest.published_at is None or upto is None or digest.published_at > upto:
                continue
            if articles := _hers(digest, subscription):
                return digest, articles
    return None, []


def _hers(digest: Digest, subscription: Subscription) -> list[Article]:
    wanted = subscription.topics
    articles = [
        one.article
        for one in web_articles(digest)
        if one.article.state in READABLE
        and (one.article.position or 0) <= subscription.cursor
        and (not wanted or wanted & {topic.id for topic in one.article.topics})
    ]
    return list(as_frozen(articles, edited_since(digest)))


def _expectation(subscription: Subscription, *, now: datetime) -> dict[str, object]:
    """Return when her articles come, on the clock of her own hours."""
    publication, hours = subscription.publication, subscription.hours_at(now)
    slot = next_digest_at(subscription=subscription, now=now)
    topics = [topic.name for topic in publication.topics if topic.id in subscription.topics]
    with speaking(subscription.language):
        return {
            "cadence": subscription.cadence.value,
            "when": cadence_words(publication, subscription.cadence, hours),
            "zone": zone_words(hours),
            "first_digest": local_moment(slot, subscription.hours) if slot else "",
            "topics": ", ".join(topics),
        }


def _setting(
    subscription: Subscription, digest: Digest | None, markers: Markers
) -> dict[str, object]:
    publication = subscription.publication
    with speaking(subscription.language):
        day = local_day(digest.published_at or digest.slot, publication) if digest else ""
    return {
        "publication": publication,
        "logo": logo_address(publication.logo, base_url=settings.base_url),
        "digest_day": day,
        "web_url": web_url(digest) if digest else f"{settings.base_url}/archive/",
        "unsubscribe_url": markers.marker(Placeholder.UNSUBSCRIBE_URL),
        "preferences_url": markers.marker(Placeholder.PREFERENCES_URL),
        "colours": palette(publication.accent),
    }
