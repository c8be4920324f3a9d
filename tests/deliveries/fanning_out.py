"""What a fan-out left, and a publication to fan out."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.deliveries.models import Delivery
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.publications.models import Publication
from tests.factories import NOW, Make


def deliveries(digest: Digest) -> list[Delivery]:
    found = sa.select(Delivery).where(Delivery.digest_id == digest.id).order_by(Delivery.id)
    return list(db.session.scalars(found))


@pytest.fixture
def home(make: Make) -> Publication:
    return make.publication(created_at=NOW - timedelta(days=9))


@pytest.fixture
def article(make: Make, home: Publication) -> Article:
    return make.article(publication=home)
