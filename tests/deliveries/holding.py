"""A digest that preflight holds, for the page of its one article is gone."""

import pytest

from newsletter.articles.link_checks import resolve_links
from newsletter.clock import utc_now
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.digests.models import Digest
from newsletter.digests.publishing import take_publishing
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer, server, start_server
from tests.factories import Make
from tests.listener import Listener

__all__ = ["server", "start_server"]  # fixtures


@pytest.fixture
def home(make: Make) -> Publication:
    home = make.publication(default_cadence=Cadence.DAILY)
    for _ in range(3):
        make.subscription(publication=home)
    return home


@pytest.fixture
def page(make: Make, home: Publication, server: LocalServer) -> str:
    """The page of the one new article, which is gone, as a worker has noted."""
    url = server.says("/article", status=404)
    make.article(publication=home, title="Rivers", link=url, found_at=utc_now())
    resolve_links([url], clock=utc_now, seconds=10)
    return url


def scheduled(home: Publication) -> Digest:
    with unit_of_work():
        digest = draft_by_hand(publication_id=home.id, cadence=Cadence.DAILY, now=utc_now())
        send_now(digest=digest)
    return digest


def publish(digest: Digest) -> bool:
    """Do what a worker does; say whether it found anything to do."""
    with unit_of_work():
        taken = take_publishing(digest_id=digest.id)
    if taken:
        publish_digest(digest_id=digest.id, now=utc_now())
    return taken


@pytest.fixture
def held(home: Publication, page: str, queue: Listener) -> Digest:
    """A digest that preflight holds."""
    digest = scheduled(home)
    assert publish(digest)
    queue.jobs.clear()
    return digest
