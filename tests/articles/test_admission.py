"""Articles with odd dates: included, held or ignored, as the publication wishes."""

from datetime import datetime, timedelta

import pytest

from newsletter.articles.alarms import open_alarms, release_alarm
from newsletter.articles.models import AlarmKind, ArticleState, Feed
from newsletter.articles.poll import store_found
from newsletter.articles.read_feed import find_feed
from newsletter.articles.release_due import publications_with_due, release_due
from newsletter.extensions import db
from newsletter.publications.models import DatePolicy, Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer
from tests.articles.polling import article_titled, connect, ledger
from tests.articles.tiny_feeds import DAY_ONE, item, rss
from tests.factories import NOW, reload

DIGEST = NOW - timedelta(hours=1)
AHEAD = 24 * 5
LONG_AGO = -24 * 60
LATE = 20  # dated 1 March, 4:00 the next day: hours before the digest


@pytest.fixture
def feed(server: LocalServer, paper: Publication) -> Feed:
    return connect(paper, server.says("/feed", rss()), now=NOW - timedelta(days=2))


def take_in(feed: Feed, url: str, *, now: datetime = NOW) -> None:
    """Store what the feed says, in the knowledge of the last digest."""
    found = find_feed(url=url)
    with unit_of_work():
        mine = db.session.get_one(Feed, feed.id)
        store_found(feed=mine, found=found, now=now, last_digest_at=DIGEST)


def state_after(
    server: LocalServer, paper: Publication, feed: Feed, *, hours: int, **policies: DatePolicy
) -> tuple[str, str]:
    """Return state and reason of an article of that date."""
    with unit_of_work() as session:
        home = session.get_one(Publication, paper.id)
        for name, policy in policies.items():
            setattr(home, name, policy)
    take_in(feed, server.says("/feed", rss(item(1, hours=hours))))
    article = article_titled("Article 1")
    return article.state.value, article.reason


def test_late_articles_are_included_unless_staff_wish_otherwise(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    assert state_after(server, paper, feed, hours=LATE) == ("open", "")
    assert ledger(paper) == [(1, "open", "Article 1")]


def test_back_dated_articles_are_held_together_for_staff(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    old = [item(number, hours=LONG_AGO) for number in (2, 1)]
    take_in(feed, server.says("/feed", rss(item(3), *old)))
    assert [(state, title) for _, state, title in ledger(paper)].count(("open", "Article 3")) == 1
    (one,) = open_alarms(paper.id)
    assert (one.waiting, one.alarm.kind) == (2, AlarmKind.BACK_DATED)
    assert article_titled("Article 1").reason == (
        "Dated 31 December 2025, 08:00 UTC, long before the last digest."
    )
    with unit_of_work():
        release_alarm(alarm=one.alarm, now=NOW)
    assert sorted(position or 0 for position, _, _ in ledger(paper)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("hours", "column"),
    [(LATE, "late_articles"), (LONG_AGO, "back_dated_articles"), (AHEAD, "future_articles")],
)
@pytest.mark.parametrize(
    ("policy", "state"),
    [
        (DatePolicy.INCLUDE, "open"),
        (DatePolicy.HOLD, "held"),
        (DatePolicy.IGNORE, "dropped"),
    ],
)
def test_each_rule_does_as_it_says(
    server: LocalServer,
    paper: Publication,
    feed: Feed,
    hours: int,
    column: str,
    policy: DatePolicy,
    state: str,
) -> None:
    found, reason = state_after(server, paper, feed, hours=hours, **{column: policy})
    assert found == state
    assert bool(reason) is (state != "open")


def test_a_future_dated_article_waits_for_its_date_and_comes_by_itself(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    state, reason = state_after(server, paper, feed, hours=AHEAD)
    assert (state, reason) == (
        "held",
        "Dated in the future. It is released by itself on 6 March 2026, 08:00 UTC.",
    )
    assert open_alarms(paper.id) == []
    date = DAY_ONE + timedelta(hours=AHEAD)
    assert publications_with_due(date - timedelta(minutes=1)) == []
    assert publications_with_due(date) == [paper.id]
    with unit_of_work():
        assert release_due(publication_id=paper.id, now=date) == 1
    article = reload(article_titled("Article 1"))
    assert (article.state, article.position, article.reason) == (ArticleState.OPEN, 1, "")
    with unit_of_work():
        assert release_due(publication_id=paper.id, now=date) == 0


def test_it_follows_a_date_that_is_moved(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    state_after(server, paper, feed, hours=AHEAD)
    take_in(feed, server.says("/feed", rss(item(1, hours=AHEAD + 24))))
    article = reload(article_titled("Article 1"))
    assert article.held_until == article.published_at == DAY_ONE + timedelta(hours=AHEAD + 24)


def test_a_clock_that_is_a_little_ahead_is_forgiven(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    take_in(feed, server.says("/feed", rss(item(1, hours=1))), now=DAY_ONE + timedelta(minutes=52))
    assert article_titled("Article 1").state is ArticleState.OPEN


def test_a_changed_rule_concerns_what_comes_afterwards(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    state_after(server, paper, feed, hours=LONG_AGO)
    with unit_of_work() as session:
        home = session.get_one(Publication, paper.id)
        home.back_dated_articles = DatePolicy.INCLUDE
    items = [item(number, hours=LONG_AGO) for number in (2, 1)]
    take_in(feed, server.says("/feed", rss(*items)))
    assert article_titled("Article 1").state is ArticleState.HELD
    assert article_titled("Article 2").state is ArticleState.OPEN


def test_before_the_first_digest_there_is_none_to_be_late_for(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    found = find_feed(url=server.says("/feed", rss(item(1, hours=LONG_AGO))))
    with unit_of_work():
        store_found(feed=db.session.get_one(Feed, feed.id), found=found, now=NOW)
    assert article_titled("Article 1").state is ArticleState.OPEN
