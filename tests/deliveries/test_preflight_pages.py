"""The pages of a digest's articles are asked for before it goes, and never waited for long."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.link_checks import LinkCheck
from newsletter.clock import utc_now
from newsletter.digests import preflight_gate
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.preflight_hold import hold_of
from newsletter.digests.start import start_due
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer, server, start_server
from tests.deliveries.holding import held as held
from tests.deliveries.holding import home as home
from tests.deliveries.holding import page as page
from tests.deliveries.holding import publish, scheduled
from tests.factories import Make, reload

__all__ = ["server", "start_server"]  # fixtures


def single_article(make: Make, link: str, *, readers: int = 1) -> Digest:
    """Schedule the digest that goes at once, before anybody asked for the page of its article."""
    home = make.publication(created_at=utc_now() - timedelta(days=40))
    for _ in range(readers):
        make.subscription(publication=home, cadence=Cadence.INSTANT)
    make.article(publication=home, link=link, found_at=utc_now())
    with unit_of_work():
        started = start_due(publication_id=home.id, now=utc_now())
    (instant,) = [one for one in started if one.cadence is Cadence.INSTANT]
    return instant


def test_the_page_of_a_single_article_is_asked_for_before_it_goes(
    make: Make, server: LocalServer
) -> None:
    gone = single_article(make, server.says("/gone", status=404))
    publish(gone)
    assert hold_of(reload(gone)) is not None
    assert [path for path, _ in server.requests] == ["/gone"]
    there = single_article(make, server.says("/there", b"x"))
    publish(there)
    assert reload(there).state is DigestState.SENDING


def test_a_slow_server_does_not_keep_a_single_article(
    make: Make, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight_gate, "SECONDS_AT_ONCE", 0.1)
    slow = single_article(make, server.url + "/slow")
    let_go = threading.Event()

    def answer(_: object) -> None:
        let_go.wait(20)

    server.answers["/slow"] = answer
    publish(slow)
    assert reload(slow).state is DigestState.SENDING
    let_go.set()


def test_a_page_is_not_asked_for_in_vain(make: Make, server: LocalServer) -> None:
    nobodys = single_article(make, server.says("/gone", status=404), readers=0)
    publish(nobodys)
    assert server.requests == []


def test_a_page_that_is_gone_is_asked_for_once_more_before_it_holds_anything(
    home: Publication, page: str, server: LocalServer
) -> None:
    server.says("/article", b"back")
    digest = scheduled(home)
    publish(digest)
    assert reload(digest).state is DigestState.SENDING
    db.session.rollback()
    assert len(db.session.scalars(sa.select(LinkCheck)).all()) == 1
