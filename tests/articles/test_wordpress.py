"""Feeds of a WordPress site: nothing lost between two polls, and more known than the feed says."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.alarms import release_alarm
from newsletter.articles.connect import connect_feed, preview_feed
from newsletter.articles.models import Alarm, Article, RestState
from newsletter.deliveries.models import Delivery
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.polling import article_titled, ledger, poll_whole
from tests.articles.tiny_feeds import DAY_ONE
from tests.articles.wordpress_polls import MORNING, connected, late, poll
from tests.articles.wordpress_polls import site as site
from tests.articles.wordpress_site import ITEMS, WordPressSite, wordpress_site
from tests.factories import Make, reload
from tests.web.admin.steps import sending


def new_titles(paper: Publication) -> list[str]:
    return [title for _, state, title in ledger(paper) if state == "open"]


def posts(first: int, last: int) -> list[str]:
    return [f"Post {number}" for number in range(first, last + 1)]


@pytest.mark.parametrize("count", [1, ITEMS, ITEMS + 1, 40])
def test_a_burst_between_two_polls_arrives_whole_and_in_order(
    site: WordPressSite, paper: Publication, count: int
) -> None:
    feed = connected(paper, site)
    late(site, count)
    assert poll(feed) == count
    assert reload(feed).last_count == ITEMS
    assert new_titles(paper) == posts(16, 15 + count)
    assert poll(feed) == 0


def test_a_burst_beyond_belief_arrives_whole_and_waits_for_staff(
    site: WordPressSite, paper: Publication
) -> None:
    feed = connected(paper, site)
    late(site, 120)
    assert poll(feed) == 120
    held = sorted(title for _, state, title in ledger(paper) if state == "held")
    assert (held, new_titles(paper)) == (sorted(posts(16, 135)), [])
    assert poll(feed) == 0
    with unit_of_work() as session:
        (alarm,) = session.scalars(sa.select(Alarm)).all()
        assert "120 new articles at once" in alarm.reason
        assert release_alarm(alarm=alarm, now=MORNING + timedelta(minutes=2)) == 120
    assert new_titles(paper) == posts(16, 135)


@pytest.mark.parametrize("pages", ["cached", "none"])
def test_a_burst_arrives_through_the_sites_posts_where_the_feed_has_no_pages(
    site: WordPressSite, paper: Publication, pages: str
) -> None:
    feed = connected(paper, site)
    site.pages = pages
    late(site, 40)
    assert poll(feed) == (40 if pages == "cached" else ITEMS)
    assert len(new_titles(paper)) == (40 if pages == "cached" else ITEMS)


def test_a_burst_onto_an_empty_site_arrives(paper: Publication) -> None:
    with wordpress_site() as site:
        feed = connected(paper, site)
        late(site, 40)
        assert poll(feed) == 40


@pytest.mark.parametrize("rest", ["closed", "broken", "away"])
def test_an_interface_that_does_not_answer_costs_nothing_but_its_knowledge(
    site: WordPressSite, paper: Publication, rest: str
) -> None:
    site.rest = rest
    feed = connected(paper, site)
    late(site, 40, tags=("Ports",))
    assert poll(feed) == 40
    feed = reload(feed)
    assert feed.rest_state is (RestState.UNKNOWN if rest == "away" else RestState.CLOSED)
    assert feed.rest_note
    assert feed.last_error == ""
    asked = site.asked("/wp-json/")
    late(site, 1)
    assert poll(feed, minutes=2) == 1
    assert site.asked("/wp-json/") == asked  # left alone for a while


def test_what_a_site_keeps_out_of_its_feed_stays_out(
    site: WordPressSite, paper: Publication
) -> None:
    feed = connected(paper, site)
    site.left_out, site.pages = frozenset({"Internal"}), "cached"
    for number in range(40):
        late(site, 1, categories=("Internal",) if number % 2 else ("News",))
    poll(feed)
    internal = {f"Post {number}" for number in range(17, 56, 2)}
    assert not internal & set(new_titles(paper))
    assert "may have come and gone" in reload(feed).last_warnings


def test_a_feed_of_excerpts_gives_no_full_text_away(
    site: WordPressSite, paper: Publication
) -> None:
    feed = connected(paper, site)
    site.full_text, site.pages = False, "cached"
    late(site, 30, text="The excerpt. The rest is for the site alone.")
    assert poll(feed) == 30
    behind = article_titled("Post 18")
    assert behind.content_html == ""
    assert behind.excerpt


def test_old_posts_that_were_there_before_are_not_taken_for_new(
    site: WordPressSite, paper: Publication
) -> None:
    site.publish(60, at=DAY_ONE - timedelta(days=30))
    feed = connected(paper, site)
    with unit_of_work() as session:
        session.execute(sa.delete(Article))  # nothing is known any more
    late(site, 12)
    assert poll(feed) == 12 + 15  # down to two days before the last good poll
    assert sorted(new_titles(paper)) == sorted(posts(1, 15) + posts(76, 87))


def test_a_gap_that_could_not_be_read_is_read_later(
    site: WordPressSite, paper: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = connected(paper, site)
    late(site, 40)
    real, site.rest = site._feed, "away"
    monkeypatch.setattr(
        site, "_feed", lambda page: real(page) if page < 3 else (503, "text/html", b"")
    )
    assert poll(feed) == 2 * ITEMS
    assert reload(feed).gap_since == MORNING
    monkeypatch.undo()
    assert poll(feed, minutes=40) == 2 * ITEMS  # although the feed itself has not changed
    assert sorted(new_titles(paper)) == sorted(posts(16, 55))
    assert reload(feed).gap_since is None
    asked = site.asked("paged")
    assert poll(feed, minutes=50) == 0
    assert site.asked("paged") == asked


def test_an_article_dated_back_is_taken_when_the_feed_shows_it(
    site: WordPressSite, paper: Publication
) -> None:
    feed = connected(paper, site)
    site.publish(at=DAY_ONE + timedelta(minutes=12, seconds=30), title="Dated back")
    assert poll(feed) == 1
    assert new_titles(paper) == ["Dated back"]


def test_a_burst_that_is_dated_among_known_articles_arrives_whole(
    site: WordPressSite, paper: Publication
) -> None:
    feed = connected(paper, site)
    late(site, 1, title="Came alone")
    site.posts[-1].published_at += timedelta(minutes=5)
    assert poll(feed, minutes=6) == 1
    for minute in range(40):  # half of them older than what is known
        site.publish(at=MORNING + timedelta(seconds=1, minutes=minute / 4), title=f"Among {minute}")
    assert poll(feed, minutes=12) == 40
    assert len(new_titles(paper)) == 41
    assert poll(feed, minutes=13) == 0


def test_a_new_article_at_the_end_of_the_feed_leads_to_what_stands_behind_it(
    site: WordPressSite, paper: Publication
) -> None:
    feed = connected(paper, site)
    late(site, 1)
    site.posts[-1].published_at += timedelta(minutes=5)
    assert poll(feed, minutes=6) == 1
    site.publish(15, at=MORNING + timedelta(minutes=2))
    assert poll(feed, minutes=7) == 15


def test_an_outage_loses_nothing(site: WordPressSite, paper: Publication) -> None:
    feed = connected(paper, site)
    site.outage = 500
    late(site, 25)
    assert "500" in poll_whole(feed.id, now=MORNING + timedelta(minutes=5)).error
    site.outage = None
    assert poll(feed, minutes=30) == 25


def test_a_feed_that_moves_brings_its_burst_along(site: WordPressSite, paper: Publication) -> None:
    feed = connected(paper, site)
    site.moved_to = "/new-feed/"
    late(site, 25)
    assert poll(feed) == 25
    assert reload(feed).url == f"{site.url}/new-feed/"


def test_a_feed_that_stands_elsewhere_for_a_while_keeps_its_address(
    site: WordPressSite, paper: Publication
) -> None:
    feed = connected(paper, site)
    site.moved_to, site.moved_status = "/new-feed/", 302
    late(site, 12)
    assert poll(feed) == 12
    assert reload(feed).url == site.feed_url


def test_a_site_that_changes_all_guids_mails_nobody_twice(
    site: WordPressSite, paper: Publication, make: Make
) -> None:
    feed = connected(paper, site)
    reader = make.subscription(publication=paper, confirmed_at=MORNING)
    late(site, 12)
    assert poll(feed) == 12
    before = ledger(paper)
    digest = sending(paper)
    assert len(digest.articles) == 12
    site.guids = "urn:post:"
    assert poll(feed, minutes=30) == 0
    late(site, 1)
    assert poll(feed, minutes=60) == 1
    assert ledger(paper)[:-1] == before
    again = sending(paper)
    assert [one.title for one in again.articles] == ["Post 28"]
    sent = sa.select(Delivery).where(Delivery.subscription_id == reader.id)
    assert len(db.session.scalars(sent).all()) == 2


def test_a_feed_that_has_not_changed_costs_one_short_answer(
    site: WordPressSite, paper: Publication
) -> None:
    feed = connected(paper, site)
    poll(feed)
    asked = len(site.requests)
    poll(feed, minutes=2)
    assert len(site.requests) == asked + 1
    assert "If-None-Match" in site.requests[-1][1]


def test_a_burst_in_two_feeds_of_a_site_is_one_burst(
    site: WordPressSite, paper: Publication
) -> None:
    whole = connected(paper, site)
    found = preview_feed(url=f"{site.url}/new-feed/").found  # as a category's feed would be
    with unit_of_work():
        part = connect_feed(publication=paper, found=found, now=MORNING)
    late(site, 40)
    assert (poll(part), poll(whole)) == (40, 0)
    assert new_titles(paper) == posts(16, 55)
