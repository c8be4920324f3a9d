"""An article that was mailed, edited, and is to be corrected."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.deliveries.models import Delivery
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.deliveries.send import send_batch
from newsletter.digests.correction import draft_correction
from newsletter.digests.models import Digest
from newsletter.digests.start import send_now
from newsletter.extensions import db
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import batch_ids
from tests.factories import NOW, Make

LATER = NOW + timedelta(hours=2)
NOTE = "The port of Elbmouth took twelve ships, not ten."
Correct = Callable[..., Digest]


@pytest.fixture
def home(make: Make) -> Publication:
    return make.publication()


@pytest.fixture
def article(make: Make, home: Publication) -> Article:
    return make.article(
        publication=home, title="Rivers", content_html="<p>Ten ships.</p>", topics=[]
    )


def send_all(digest: Digest, *, now: datetime = NOW) -> RecordingMailer:
    mailer = RecordingMailer()
    for batch_id in batch_ids(digest):
        send_batch(batch_id=batch_id, mailer=mailer, clock=lambda: now)
    return mailer


def edit(article: Article, text: str = "<p>Twelve ships.</p>") -> Article:
    with unit_of_work() as session:
        mine = session.get_one(Article, article.id)
        mine.content_html = text
    return mine


def draft(article: Article, *, note: str = NOTE, now: datetime = LATER) -> Digest:
    with unit_of_work() as session:
        return draft_correction(article=session.get_one(Article, article.id), note=note, now=now)


@pytest.fixture
def correct() -> Correct:
    """Publish a correction up to its fan-out."""

    def _correct(article: Article, *, now: datetime = LATER) -> Digest:
        digest = draft(article, now=now)
        with unit_of_work():
            send_now(digest=digest)
        publish_digest(digest_id=digest.id, now=now)
        return digest

    return _correct


def reached(digest: Digest) -> set[int]:
    db.session.rollback()
    found = sa.select(Delivery.subscription_id).where(Delivery.digest_id == digest.id)
    return set(db.session.scalars(found))
