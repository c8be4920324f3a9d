"""Keyword factories: each stores one row, with whatever it hangs on, and returns it."""

import itertools
from datetime import UTC, datetime, time, timedelta
from typing import Any

from newsletter.articles.list_pictures import source_sha256
from newsletter.articles.models import (
    Article,
    ArticlePicture,
    ArticleState,
    Feed,
    Picture,
    PictureState,
)
from newsletter.articles.search_index import index_articles
from newsletter.digests.models import Digest, DigestArticle, DigestState, Treatment
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication, Topic
from newsletter.subscriptions.choices_models import FormerChoices
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    LetterState,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.suppressions.suppress import hash_address
from newsletter.unit_of_work import unit_of_work

#: A Monday morning; tests that care about time pass their own.
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

_numbers = itertools.count(1)


def article_picture(source_url: str, *, place: int = 0, **words: Any) -> ArticlePicture:
    """Return a picture of an article as if it had been fetched, not stored yet."""
    size = {name: words.pop(name, usual) for name, usual in (("width", 1200), ("height", 675))}
    fields: dict[str, Any] = {
        "source_url": source_url,
        "source_sha256": source_sha256(source_url),
        "state": PictureState.STORED,
        "file": f"{source_sha256('octets of ' + source_url)}.jpg",
        "narrow_file": f"{source_sha256('fewer octets of ' + source_url)}.jpg",
        "created_at": NOW,
    }
    picture = Picture(**fields | size | words.pop("picture", {}))
    words = {"alt": "", "caption": "", "credit": "", "may_lead": True} | words
    return ArticlePicture(place=place, picture=picture, **words)


class Make:
    """Stores rows for a test, each in its own unit of work."""

    def _store(self, row: Any) -> Any:
        with unit_of_work() as session:
            session.add(row)
        return row

    def publication(self, **fields: Any) -> Publication:
        number = next(_numbers)
        defaults: dict[str, Any] = {
            "slug": f"paper-{number}",
            "name": f"Paper {number}",
            "site_url": "https://paper.example.org",
            "from_name": f"Paper {number}",
            "from_email": "paper@example.org",
            "default_cadence": Cadence.DAILY,
            "time_zone": "UTC",
            "send_at": time(8, 0),
            "created_at": NOW,
        }
        return self._store(Publication(**defaults | fields))

    def topic(self, *, publication: Publication, name: str = "Europe", **fields: Any) -> Topic:
        defaults: dict[str, Any] = {"slug": name.casefold(), "offered": True}
        return self._store(Topic(publication_id=publication.id, name=name, **defaults | fields))

    def subscriber(self, *, email: str = "", **fields: Any) -> Subscriber:
        email = email or f"reader{next(_numbers)}@example.org"
        defaults: dict[str, Any] = {
            "email_key": email.casefold(),
            "address_hash": hash_address(email),
            "created_at": NOW,
        }
        return self._store(Subscriber(email=email, **defaults | fields))

    def subscription(
        self, *, publication: Publication | None = None, email: str = "", **fields: Any
    ) -> Subscription:
        publication = publication or self.publication()
        subscriber = fields.pop("subscriber", None) or self.subscriber(email=email)
        defaults: dict[str, Any] = {
            "state": SubscriptionState.CONFIRMED,
            "cadence": Cadence.DAILY,
            "created_at": NOW,
            "signed_up_at": NOW,
            "confirmed_at": NOW,
        }
        return self._store(
            Subscription(
                subscriber_id=subscriber.id, publication_id=publication.id, **defaults | fields
            )
        )

    def sign(self, *, subscription: Subscription, **fields: Any) -> SignOfLife:
        """Let a reader have consented to opens, long ago and last seen then."""
        defaults: dict[str, Any] = {"allowed_at": NOW, "last_sign_on": NOW.date()}
        return self._store(
            SignOfLife(
                subscription_id=subscription.id,
                publication_id=subscription.publication_id,
                **defaults | fields,
            )
        )

    def letter(self, *, subscription: Subscription, **fields: Any) -> Letter:
        defaults: dict[str, Any] = {
            "kind": LetterKind.CONFIRMATION,
            "requested_at": NOW,
            "next_attempt_at": NOW,
        }
        return self._store(Letter(subscription_id=subscription.id, **defaults | fields))

    def former_choices(self, *, subscription: Subscription, **fields: Any) -> FormerChoices:
        """Let a letter tell of choices that were other ones: single articles, at once."""
        times = {name: fields.pop(name) for name in ("requested_at", "sent_at") if name in fields}
        letter = self.letter(
            subscription=subscription,
            kind=LetterKind.CHOICES_CHANGED,
            **times | {"state": LetterState.SENT if "sent_at" in times else LetterState.QUEUED},
        )
        defaults: dict[str, Any] = {
            "cadence": Cadence.INSTANT,
            "topics": subscription.topics,
            "language": subscription.language,
            "allows_opens": False,
        }
        return self._store(FormerChoices(letter_id=letter.id, **defaults | fields))

    def feed(self, *, publication: Publication | None = None, **fields: Any) -> Feed:
        publication = publication or self.publication()
        defaults: dict[str, Any] = {
            "url": f"https://paper.example.org/feed/{next(_numbers)}",
            "created_at": NOW,
            "connected_at": NOW,
            "next_poll_at": NOW,
        }
        return self._store(Feed(publication_id=publication.id, **defaults | fields))

    def article(
        self, *, publication: Publication, topics: list[Topic] | None = None, **fields: Any
    ) -> Article:
        number = next(_numbers)
        with unit_of_work() as session:
            home = session.merge(publication)
            if fields.get("state", ArticleState.OPEN) is not ArticleState.HELD:
                home.last_position += 1
                fields.setdefault("position", home.last_position)
            defaults: dict[str, Any] = {
                "key": f"https://paper.example.org/?p={number}",
                "slug": f"article-{number}",
                "state": ArticleState.OPEN,
                "found_at": NOW,
                "link": f"https://paper.example.org/article-{number}/",
                "title": f"Article {number}",
                "published_at": NOW,
                "content_html": f"<p>Text of article {number}.</p>",
                "excerpt": f"Text of article {number}.",
            }
            article = Article(publication_id=home.id, **defaults | fields)
            article.pictures_listed_at = NOW
            article.topics = [session.merge(topic) for topic in topics or []]
            session.add(article)
            session.flush()
            index_articles([article])
        return article

    def digest(
        self, *, publication: Publication, articles: list[Article] | None = None, **fields: Any
    ) -> Digest:
        number = next(_numbers)
        defaults: dict[str, Any] = {
            "cadence": Cadence.DAILY,
            "slot": NOW + timedelta(days=number),
            "slug": f"digest-{number}",
            "state": DigestState.SENT,
            "subject": f"Digest {number}",
            "position_from": 0,
            "position_upto": publication.last_position,
            "created_at": NOW,
            "published_at": NOW + timedelta(days=number),
        }
        given = defaults | fields
        if given["state"] is DigestState.SENT:
            given.setdefault("finished_at", given["published_at"])
        items = [
            DigestArticle(
                article_id=article.id,
                place=place,
                treatment=Treatment.EXCERPT,
                title=article.title,
                excerpt=article.excerpt,
            )
            for place, article in enumerate(articles or [])
        ]
        return self._store(Digest(publication_id=publication.id, articles=items, **given))


def reload(row: Any) -> Any:
    """Return `row` as the database has it now."""
    db.session.rollback()
    return db.session.get(type(row), row.id)
