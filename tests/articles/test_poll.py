"""Polling: conditional requests, health, waiting after failures, and two polls at once."""

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.articles.models import Article, Feed
from newsletter.articles.poll import (
    CLAIM,
    claim_feed,
    due_feeds,
    fetch_feed,
    store_outcome,
)
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer
from tests.articles.polling import connect, ledger, poll
from tests.articles.tiny_feeds import item, rss
from tests.factories import NOW, Make, reload

MINUTES = timedelta(minutes=1)


def test_a_second_request_is_conditional_and_not_modified_is_a_success(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1)), headers={"ETag": '"one"'}))
    server.says("/feed", status=304)
    later = NOW + 15 * MINUTES
    result = poll(feed, now=later)
    assert server.requests[-1][1]["If-None-Match"] == '"one"'
    assert (result.not_modified, result.new, result.error, result.count) == (True, 0, "", 1)
    feed = reload(feed)
    assert (feed.last_status, feed.last_success_at, feed.etag) == (304, later, '"one"')


def test_a_success_is_followed_by_the_next_poll_in_about_fifteen_minutes(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1))))
    poll(feed)
    assert 13 * MINUTES <= reload(feed).next_poll_at - NOW <= 17 * MINUTES


def test_a_failing_feed_says_what_is_wrong_and_is_asked_less_often(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1))))
    server.says("/feed", status=500)
    waits = []
    for _ in range(7):
        assert poll(feed).error == "The server answered 500 Internal Server Error."
        waits.append(reload(feed).next_poll_at - NOW)
    assert waits[0] <= 17 * MINUTES
    assert all(earlier < later for earlier, later in pairwise(waits[:6]))
    assert waits[-1] == timedelta(hours=6)
    feed = reload(feed)
    assert (feed.failures_in_a_row, feed.last_status, feed.last_success_at) == (7, 500, NOW)
    server.says("/feed", rss(item(2), item(1)))
    assert poll(feed).new == 1
    feed = reload(feed)
    assert (feed.failures_in_a_row, feed.last_error, feed.disabled) == (0, "", False)


@pytest.mark.parametrize(("status", "asked"), [(429, 7200), (503, 7200)])
def test_a_server_that_names_a_time_is_left_alone_until_then(
    server: LocalServer, paper: Publication, status: int, asked: int
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1))))
    server.says("/feed", status=status, headers={"Retry-After": str(asked)})
    poll(feed)
    assert reload(feed).next_poll_at - NOW == timedelta(seconds=asked)
    assert reload(feed).wait_until == NOW + timedelta(seconds=asked)


def test_a_server_cannot_put_a_feed_off_for_ever(server: LocalServer, paper: Publication) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1))))
    server.says("/feed", status=503, headers={"Retry-After": "99999999"})
    poll(feed)
    assert reload(feed).next_poll_at - NOW == timedelta(days=1)


def test_a_feed_that_is_gone_for_good_is_not_polled_again(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1))))
    server.says("/feed", status=410)
    for _ in range(2):  # a site under repair may say so for a while
        assert "no longer polled" not in poll(feed).error
        assert not reload(feed).disabled
    assert "no longer polled" in poll(feed).error
    assert reload(feed).disabled
    assert due_feeds(NOW + timedelta(days=9)) == []


def test_a_document_that_is_no_feed_is_an_error_and_loses_nothing(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1)), headers={"ETag": '"one"'}))
    server.says("/feed", b"<!doctype html><html><body>Back soon</body></html>")
    assert "web page" in poll(feed).error
    feed = reload(feed)
    assert (feed.failures_in_a_row, feed.last_status, feed.last_count) == (1, 200, 1)
    assert feed.etag == '"one"'
    assert ledger(paper) == [(1, "known", "Article 1")]


def test_a_broken_feed_harms_no_other(server: LocalServer, paper: Publication) -> None:
    broken = connect(paper, server.says("/broken", rss(item(1))))
    sound = connect(paper, server.says("/sound", rss()))
    server.says("/broken", b"\x00\xff<rss><<<")
    server.says("/sound", rss(item(2)))
    assert poll(broken).error
    assert poll(sound).new == 1


def test_a_feed_that_moved_for_good_is_asked_at_its_new_address(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/old", rss(item(1))))
    server.says("/new", rss(item(2), item(1)))
    server.redirects("/old", "/new", status=301)
    (told,) = poll(feed).warnings
    old, new = f"{server.url}/old", f"{server.url}/new"
    assert told == f"The feed moved for good, from {old} to {new}, and is read there now."
    assert reload(feed).url == new
    assert poll(feed).warnings == ()


def test_two_feeds_that_move_to_one_address_say_so(server: LocalServer, paper: Publication) -> None:
    connect(paper, server.says("/new", rss(item(1))))
    feed = connect(paper, server.says("/old", rss(item(1))))
    server.redirects("/old", "/new", status=301)
    (warning,) = poll(feed).warnings
    assert "reads already" in warning
    assert reload(feed).url == f"{server.url}/old"
    assert reload(feed).last_warnings == warning


def test_an_address_that_is_not_public_is_refused_in_words(make: Make) -> None:
    feed = make.feed(url="http://10.0.0.1/feed")
    assert "10.0.0.1" in poll(feed).error or "public" in poll(feed).error


def test_a_reader_that_crashes_is_an_error_of_that_feed(
    server: LocalServer, paper: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1))))

    def crash(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("newsletter.articles.read_feed.parse", crash)
    assert poll(feed).error == "The feed could not be read (RecursionError)."
    assert reload(feed).failures_in_a_row == 1


def test_an_article_that_the_database_refuses_is_an_error_of_that_feed(
    server: LocalServer, paper: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1))))
    server.says("/feed", rss(item(2, title="Article 1"), item(1)))
    monkeypatch.setattr(
        "newsletter.articles.article_slugs.ArticleSlugs.take", lambda *_: "article-1"
    )
    assert "could not be stored" in poll(feed).error
    feed = reload(feed)
    assert (feed.failures_in_a_row, reload(paper).last_position) == (1, 1)
    monkeypatch.undo()
    assert poll(feed).new == 1
    assert ledger(paper)[-1] == (2, "open", "Article 1")


def test_a_feed_is_due_once_its_time_has_come(make: Make) -> None:
    late = make.feed(next_poll_at=NOW - 9 * MINUTES)
    make.feed(next_poll_at=NOW + MINUTES)
    make.feed(next_poll_at=NOW - MINUTES, disabled=True)
    later = make.feed(next_poll_at=NOW)
    assert due_feeds(NOW) == [late.id, later.id]


def test_a_due_feed_is_claimed_once_and_again_if_its_worker_died(make: Make) -> None:
    feed = make.feed(next_poll_at=NOW)

    def claim(now: object) -> bool:
        with unit_of_work():
            return claim_feed(feed_id=feed.id, now=now) is not None  # type: ignore[arg-type]

    assert [claim(NOW), claim(NOW), claim(NOW + CLAIM)] == [True, False, True]


def test_a_feed_that_was_removed_meanwhile_is_no_error(
    server: LocalServer, paper: Publication
) -> None:
    feed_id = connect(paper, server.says("/feed", rss(item(1)))).id
    with unit_of_work():
        claimed = claim_feed(feed_id=feed_id, now=NOW, due_only=False)
    assert claimed is not None
    outcome = fetch_feed(claimed)
    with unit_of_work() as session:
        session.delete(session.get_one(Feed, feed_id))
    with unit_of_work():
        assert store_outcome(feed_id=feed_id, outcome=outcome, now=NOW) is None


def test_polls_at_once_double_nothing_and_leave_no_gap(
    app: Flask, server: LocalServer, paper: Publication
) -> None:
    urls = [server.says(f"/{n}", rss()) for n in range(3)]
    feed_ids = [connect(paper, url).id for url in urls]
    own = [[item(100 * n + m, hours=m) for m in range(20, 0, -1)] for n in range(3)]
    shared = [item(m, hours=m - 900) for m in range(920, 900, -1)]
    for n in range(3):
        server.says(f"/{n}", rss(*shared, *own[n]))
    paper_id = paper.id
    db.session.rollback()
    start = threading.Barrier(6)
    errors: list[str | None] = []

    def run(feed_id: int) -> None:
        with app.app_context():
            with unit_of_work():
                claimed = claim_feed(feed_id=feed_id, now=NOW, due_only=False)
            assert claimed is not None
            outcome = fetch_feed(claimed)
            start.wait()
            with unit_of_work():
                result = store_outcome(feed_id=feed_id, outcome=outcome, now=NOW)
            errors.append(result.error if result else None)

    threads = [threading.Thread(target=run, args=(feed_id,)) for feed_id in feed_ids * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [""] * 6
    rows = db.session.execute(
        sa.select(Article.position, Article.key)
        .where(Article.publication_id == paper_id)
        .order_by(Article.position)
    ).all()
    assert [position for position, _ in rows] == list(range(1, 81))
    assert len({key for _, key in rows}) == 80
    assert reload(paper).last_position == 80
