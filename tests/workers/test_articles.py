"""Tasks that poll feeds and index articles."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.articles.models import Article, ArticleState, Feed
from newsletter.articles.release_due import release_due
from newsletter.articles.search import search_articles
from newsletter.articles.search_words import wanted_in
from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.publications.models import DatePolicy
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer, server, start_server
from tests.articles.polling import connect
from tests.articles.tiny_feeds import DAY_ONE, item, rss
from tests.factories import Make, reload
from workers import articles as tasks

__all__ = ["server", "start_server"]


class Recorder:
    """Stands in for the job queue."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Job, dict[str, Any]]] = []

    def publish(self, job: Job, ids: dict[str, Any]) -> bool:
        self.jobs.append((job, ids))
        return True


@pytest.fixture
def queue(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setitem(app.extensions, "job_queue", recorder)
    return recorder


def test_every_due_feed_is_queued(make: Make, queue: Recorder) -> None:
    due = make.feed(next_poll_at=utc_now() - timedelta(minutes=1))
    make.feed(next_poll_at=utc_now() + timedelta(minutes=1))
    tasks.poll_due_feeds()
    assert queue.jobs == [(Job.POLL_FEED, {"feed_id": due.id})]


def test_a_new_article_asks_for_digests_once_it_is_stored(
    make: Make, server: LocalServer, queue: Recorder
) -> None:
    feed = connect(make.publication(), server.says("/feed", rss()))
    make_due(feed.id)
    server.says("/feed", rss(item(1)))
    tasks.poll_feed(feed_id=feed.id)
    assert queue.jobs == [(Job.START_DUE_DIGESTS, {})]
    assert reload(feed).next_poll_at > utc_now()


def test_a_feed_that_is_not_due_is_not_asked(
    make: Make, server: LocalServer, queue: Recorder
) -> None:
    feed = connect(make.publication(), server.says("/feed", rss(item(1))), now=utc_now())
    asked = len(server.requests)
    tasks.poll_feed(feed_id=feed.id)
    tasks.poll_feed(feed_id=999_999)
    assert len(server.requests) == asked


def test_a_job_that_is_delivered_many_times_at_once_polls_once(
    app: Flask, make: Make, server: LocalServer, queue: Recorder
) -> None:
    feed = connect(make.publication(), server.says("/feed", rss()))
    make_due(feed.id)
    server.says("/feed", rss(*(item(n) for n in range(30, 0, -1))))
    asked = len(server.requests)
    feed_id = feed.id
    db.session.rollback()

    def run() -> None:
        with app.app_context():
            tasks.poll_feed(feed_id=feed_id)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.requests) == asked + 1
    positions = db.session.scalars(sa.select(Article.position).order_by(Article.position))
    assert list(positions) == list(range(1, 31))


def test_a_future_dated_article_is_released_once_its_date_has_come(
    make: Make, queue: Recorder
) -> None:
    paper = make.publication()
    soon = utc_now() + timedelta(hours=1)
    waits = make.article(publication=paper, state=ArticleState.HELD, held_until=soon)
    due = make.article(publication=paper, state=ArticleState.HELD, held_until=utc_now())
    tasks.release_due_articles()
    assert reload(due).state is ArticleState.OPEN
    assert reload(waits).state is ArticleState.HELD
    assert queue.jobs == [(Job.START_DUE_DIGESTS, {})]


def test_a_publication_whose_release_fails_holds_no_other_up(
    make: Make, queue: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (
        make.article(publication=make.publication(), state=ArticleState.HELD, held_until=utc_now())
        for _ in range(2)
    )

    def fails_for_the_first(*, publication_id: int, now: datetime) -> int:
        if publication_id == first.publication_id:
            raise RuntimeError
        return release_due(publication_id=publication_id, now=now)

    monkeypatch.setattr(tasks, "release_due", fails_for_the_first)
    tasks.release_due_articles()
    assert reload(first).state is ArticleState.HELD
    assert reload(second).state is ArticleState.OPEN


def test_a_poll_knows_when_the_last_digest_went_out(
    make: Make, server: LocalServer, queue: Recorder
) -> None:
    paper = make.publication(late_articles=DatePolicy.HOLD)
    feed = connect(paper, server.says("/feed", rss()), now=DAY_ONE)
    make.digest(publication=paper, published_at=DAY_ONE + timedelta(hours=30))
    at_own = {"published_at": DAY_ONE + timedelta(hours=32), "at_own_hours": True}
    make.digest(publication=paper, **at_own)  # nobody else's article is late for it
    make_due(feed.id)
    server.says("/feed", rss(item(31), item(29)))
    tasks.poll_feed(feed_id=feed.id)
    states = {one.title: one.state for one in db.session.scalars(sa.select(Article))}
    assert states == {"Article 29": ArticleState.HELD, "Article 31": ArticleState.OPEN}


def make_due(feed_id: int) -> None:
    with unit_of_work() as session:
        session.get_one(Feed, feed_id).next_poll_at = utc_now() - timedelta(seconds=1)


def test_articles_without_an_index_are_indexed_until_none_is_left(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = make.publication()
    for number in range(5):
        make.article(publication=publication, title=f"Backlog {number}")
    with unit_of_work() as session:
        session.execute(sa.text("DELETE FROM article_search"))
    monkeypatch.setattr(tasks, "INDEX_AT_ONCE", 2)
    tasks.index_articles()
    assert search_articles(publication, wanted_in("backlog"), limit=9).total == 5
