"""A publication with all that mails can show, for judges who are not ours."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from newsletter.articles.models import Article, ArticlePicture
from newsletter.articles.picture_folder import path_of
from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.deliveries.send import send_batch
from newsletter.digests.models import Digest
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.mail.dkim_record import Algorithm
from newsletter.mail.mailer import OutgoingMail, RecordingMailer
from newsletter.publications.models import Cadence, Publication
from newsletter.sample.content import SampleArticle, sample_articles
from newsletter.staff.models import Staff, StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.articles.bitmaps import jpeg
from tests.deliveries.conftest import batch_ids
from tests.factories import Make, article_picture
from tests.publications.dkim_keys import active_key

BASE_URL = "https://news.example.org"
SITE = "https://paper.example.net"

#: Elements that articles may bring and that some mail programs do without.
ODD = (
    "<p>An <abbr>ETA</abbr>, a <bdi>name</bdi>, a <mark>mark</mark>, a long<wbr>word.</p>"
    "<pre>one  line\n  another</pre>"
)


@contextmanager
def public_settings(app: Flask) -> Iterator[None]:
    """Let mails be written as in production: with public addresses and return paths."""
    before = app.extensions["settings"]
    app.extensions["settings"] = before.model_copy(
        update={"base_url": BASE_URL, "bounce_domain": "bounces.example.net"}
    )
    try:
        yield
    finally:
        app.extensions["settings"] = before


class Scene:
    """Makes what a kind of mail needs, and sends it by the code that sends it to readers."""

    def __init__(self, make: Make, *, language: str = "en") -> None:
        self.make = make
        self.now = utc_now()
        self.home = make.publication(
            name="The Harbour Paper",
            from_name="The Harbour Paper",
            from_email="paper@example.net",
            reply_to="desk@example.net",
            contact_email="desk@example.net",
            site_url=f"{SITE}/",
            about="A paper about ports, cables and rails.",
            postal_address="1 Sample Street\nSampletown",
            copyright_line="© 2026 The Harbour Paper",
            language=language,
            created_at=self.now - timedelta(days=60),
        )
        for algorithm in Algorithm:
            active_key(self.home, algorithm, now=self.now)

    def reader(self, cadence: Cadence, *, cursor: int = 0) -> None:
        """One reader of a cadence."""
        self.make.subscription(
            publication=self.home, cadence=cadence, email="reader@example.org", cursor=cursor
        )

    def articles(self, count: int, *, times: int = 1) -> list[Article]:
        """Articles of the sample, the text of each so many times over."""
        texts = self.texts()
        topic = self.make.topic(publication=self.home, name="Trade")
        found = []
        for number in range(count):
            told = texts[number % len(texts)]
            fields = self.fields_of(told, number, times=times)
            article = self.make.article(publication=self.home, **{"topics": [topic]} | fields)
            self.add_picture(article, told, number)
            found.append(article)
        return found

    def fields_of(self, told: SampleArticle, number: int, *, times: int) -> dict[str, Any]:
        """What is stored of an article."""
        return {
            "title": told.title,
            "author": told.author,
            "link": f"{SITE}/{number}/{told.slug}/?a=1&b=2",
            "content_html": (ODD if number == 0 else "") + told.html * times,
            "excerpt": f"{told.title}: what it means, and for whom.",
            "language": "he" if number == 2 else "en",
            "reading_minutes": 1 if number == 0 else 6,
            "comment_count": 2,
            "comments_url": f"{SITE}/{number}/{told.slug}/#comments",
            "published_at": self.now - timedelta(hours=number),
            "found_at": self.now - timedelta(hours=number),
        }

    def add_picture(self, article: Article, told: SampleArticle, number: int) -> None:
        """Give an article the picture it leads with."""
        store_picture(article, number, jpeg(640, 360 + number), caption=f"Quay {number}.")

    def texts(self) -> Sequence[SampleArticle]:
        """What there is to tell."""
        return sample_articles(base_url=SITE)

    def digest(self, cadence: Cadence) -> Digest:
        """A digest of all articles, published."""
        with unit_of_work():
            digest = draft_by_hand(publication_id=self.home.id, cadence=cadence, now=self.now)
            send_now(digest=digest)
        return self.publish(digest)

    def publish(self, digest: Digest, *, now: datetime | None = None) -> Digest:
        """Take a digest that is scheduled as far as its batches."""
        publish_digest(digest_id=digest.id, now=now or self.now)
        return digest

    def mailed(self, digest: Digest) -> OutgoingMail:
        """The first mail of a digest."""
        mailer = RecordingMailer()
        for batch_id in batch_ids(digest):
            send_batch(batch_id=batch_id, mailer=mailer, clock=lambda: self.now)
        return first(mailer.sent)

    def editor(self) -> None:
        """Somebody who is told of what waits."""
        with unit_of_work() as session:
            session.add(
                Staff(
                    email="editor@example.org",
                    password="-",
                    active=True,
                    fs_uniquifier="editor",
                    role=StaffRole.EDITOR,
                    created_at=self.now,
                )
            )

    def publication(self) -> Publication:
        """The publication as it stands now."""
        with unit_of_work() as session:
            return session.get_one(Publication, self.home.id)


def first(mails: Sequence[OutgoingMail]) -> OutgoingMail:
    """Return the mail that came out, and fail if none did."""
    assert mails
    return mails[0]


def store_picture(
    article: Article, number: int, content: bytes, *, caption: str, **size: int
) -> None:
    """Store a bitmap as the picture of an article; `size` is its width and height if not usual."""
    name = f"{hashlib.sha256(content).hexdigest()}.jpg"
    path = path_of(name, folder=settings.picture_folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with unit_of_work() as session:
        picture: ArticlePicture = article_picture(
            f"{SITE}/{number}.jpg",
            alt=f"A crane, seen from quay {number}",
            caption=caption,
            credit="Desk",
            picture={"file": name, "narrow_file": name, **size},
        )
        session.get_one(Article, article.id).pictures.append(picture)
