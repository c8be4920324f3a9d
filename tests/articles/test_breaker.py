"""What a feed does not make plausible is held, with the reason in words, and settled by staff."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.alarms import drop_alarm, open_alarms, release_alarm
from newsletter.articles.ledger import WrongState, hold
from newsletter.articles.models import Alarm, AlarmKind, Article, ArticleState, Feed
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer
from tests.articles.polling import connect, ledger, poll
from tests.articles.tiny_feeds import DAY_ONE, item, rss
from tests.factories import reload

DAY = timedelta(days=1)
#: When the site of these tests has written three a day for ten days.
LATER = DAY_ONE + 10 * DAY
HISTORY = [item(number, hours=8 * number) for number in range(30, 0, -1)]


@pytest.fixture
def feed(server: LocalServer, paper: Publication) -> Feed:
    """A feed of a site that writes three articles a day."""
    return connect(paper, server.says("/feed", rss(*HISTORY)), now=LATER)


def burst(count: int, *, first: int = 1000) -> list[str]:
    """Return so many articles of the last hour before LATER."""
    return [item(first + number, hours=239) for number in range(count, 0, -1)]


def states(paper: Publication) -> dict[str, int]:
    """Return how many articles stand in each state."""
    counts: dict[str, int] = {}
    for _, state, _ in ledger(paper):
        counts[state] = counts.get(state, 0) + 1
    return counts


def only_alarm() -> Alarm:
    return db.session.scalars(sa.select(Alarm)).one()


def test_forty_at_once_on_a_site_that_writes_three_a_day_are_held(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    server.says("/feed", rss(*burst(40), *HISTORY))
    result = poll(feed, now=LATER + DAY)
    assert (result.new, result.error) == (40, "")
    assert states(paper) == {"known": 30, "held": 40}
    assert reload(paper).last_position == 30
    (one,) = open_alarms(paper.id)
    assert (one.waiting, one.alarm.kind) == (40, AlarmKind.BURST)
    assert one.alarm.reason == (
        "40 new articles at once. Before, the feed brought 30 articles in 11 days; up to 15 would "
        "be no surprise."
    )
    assert f"Held: {one.alarm.reason}" in reload(feed).last_warnings


def test_ten_after_a_long_weekend_are_not(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    server.says("/feed", rss(*burst(10), *HISTORY))
    poll(feed, now=LATER + 4 * DAY)
    assert states(paper) == {"known": 30, "open": 10}
    assert open_alarms(paper.id) == []


def test_what_piled_up_while_the_feed_could_not_be_read_is_not(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    server.says("/feed", rss(*[item(100 + n, hours=240 + 8 * n) for n in range(30, 0, -1)]))
    poll(feed, now=LATER + 10 * DAY)
    assert states(paper) == {"known": 30, "open": 30}


def test_a_busy_site_may_bring_forty(server: LocalServer, paper: Publication) -> None:
    busy = [item(number, hours=number) for number in range(240, 0, -1)]
    feed = connect(paper, server.says("/feed", rss(*busy)), now=LATER)
    server.says("/feed", rss(*burst(40), *busy))
    poll(feed, now=LATER + DAY)
    assert states(paper) == {"known": 240, "open": 40}


def test_a_young_feed_is_given_the_benefit(server: LocalServer, paper: Publication) -> None:
    feed = connect(paper, server.says("/feed", rss(item(1))), now=LATER)
    server.says("/feed", rss(*burst(30), item(1)))
    poll(feed, now=LATER + DAY)
    assert states(paper) == {"known": 1, "open": 30}


def test_a_site_that_writes_once_a_month_is_not_young_for_ever(
    server: LocalServer, paper: Publication
) -> None:
    old = [item(number, hours=-24 * 30 * number) for number in range(10)]
    feed = connect(paper, server.says("/feed", rss(*old)), now=LATER)
    server.says("/feed", rss(*burst(16), *old))
    poll(feed, now=LATER + DAY)
    assert states(paper) == {"known": 10, "held": 16}


def test_a_flood_in_small_waves_is_held_once_it_is_one_and_is_one_event(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    moment = LATER + DAY
    for wave in range(1, 6):
        server.says("/feed", rss(*burst(10, first=1000 * wave), *HISTORY[:5]))
        poll(feed, now=moment + wave * timedelta(minutes=15))
    assert states(paper) == {"known": 30, "open": 30, "held": 20}
    assert only_alarm().reason.startswith("10 new articles at once, 40 within a day.")


def test_what_was_not_believed_makes_the_next_flood_no_likelier(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    server.says("/feed", rss(*burst(200)))
    poll(feed, now=LATER + DAY)
    with unit_of_work():
        drop_alarm(alarm=only_alarm(), now=LATER + DAY)
    server.says("/feed", rss(*burst(30, first=2000)))
    poll(feed, now=LATER + 2 * DAY)
    assert states(paper) == {"known": 30, "dropped": 200, "held": 30}


def test_an_alarm_holds_nothing_that_comes_later_and_is_plausible(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    server.says("/feed", rss(*burst(40)))
    poll(feed, now=LATER + DAY)
    server.says("/feed", rss(item(5000, hours=260)))
    poll(feed, now=LATER + DAY)
    assert states(paper) == {"known": 30, "held": 40, "open": 1}


def test_one_click_releases_all_the_oldest_first(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    server.says("/feed", rss(*[item(n, hours=200 + n % 40) for n in range(540, 500, -1)]))
    poll(feed, now=LATER + DAY)
    with unit_of_work():
        assert release_alarm(alarm=only_alarm(), now=LATER + DAY) == 40
    opened = db.session.scalars(
        sa.select(Article).where(Article.state == ArticleState.OPEN).order_by(Article.position)
    ).all()
    assert [one.position for one in opened] == list(range(31, 71))
    assert [one.published_at for one in opened] == sorted(one.published_at for one in opened)
    assert open_alarms(paper.id) == []
    with unit_of_work(), pytest.raises(WrongState, match="somebody was faster"):
        release_alarm(alarm=only_alarm(), now=LATER + DAY)


def test_once_staff_vouch_for_a_busy_day_it_goes_on(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    moment = LATER + DAY
    for wave in range(1, 5):
        server.says("/feed", rss(*burst(10, first=1000 * wave)))
        poll(feed, now=moment)
    with unit_of_work():
        release_alarm(alarm=only_alarm(), now=moment)
    server.says("/feed", rss(*burst(5, first=9000)))
    poll(feed, now=moment + timedelta(hours=1))
    assert states(paper) == {"known": 30, "open": 45}
    server.says("/feed", rss(*burst(200, first=20_000)))
    poll(feed, now=moment + timedelta(hours=2))
    assert states(paper) == {"known": 30, "open": 45, "held": 200}


def test_one_click_drops_all_for_good(server: LocalServer, paper: Publication, feed: Feed) -> None:
    server.says("/feed", rss(*burst(40)))
    poll(feed, now=LATER + DAY)
    with unit_of_work():
        assert drop_alarm(alarm=only_alarm(), now=LATER + DAY) == 40
    poll(feed, now=LATER + 2 * DAY)
    assert states(paper) == {"known": 30, "dropped": 40}
    assert open_alarms(paper.id) == []


def test_an_article_that_staff_hold_again_is_their_affair_not_the_alarms(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    server.says("/feed", rss(*burst(40)))
    poll(feed, now=LATER + DAY)
    with unit_of_work():
        release_alarm(alarm=only_alarm(), now=LATER + DAY)
        article = db.session.scalars(sa.select(Article).order_by(Article.id.desc())).first()
        assert article is not None
        hold(article, "a name to check", LATER + DAY)
    assert open_alarms(paper.id) == []


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (lambda number: 239, "later dates"),
        (lambda number: -24 * 900 - number, "earlier dates"),
        (lambda number: 8 * number + (48 if number % 2 else -48), "other dates"),
    ],
)
def test_new_articles_wait_when_the_dates_of_known_ones_jump(
    server: LocalServer, paper: Publication, feed: Feed, hours: object, words: str
) -> None:
    assert callable(hours)
    moved = [item(number, hours=hours(number)) for number in range(30, 20, -1)]
    server.says("/feed", rss(*burst(3), *moved))
    poll(feed, now=LATER + timedelta(hours=1))
    assert states(paper) == {"known": 30, "held": 3}
    alarm = only_alarm()
    assert alarm.kind is AlarmKind.DATES
    assert f"known articles {words}" in alarm.reason
    server.says("/feed", rss(*burst(2, first=3000), *moved))
    poll(feed, now=LATER + timedelta(hours=2))
    assert states(paper) == {"known": 30, "held": 3, "open": 2}


def test_a_few_mended_dates_hold_nothing(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    mended = [item(30, hours=100), item(29, hours=100), *HISTORY[2:]]
    server.says("/feed", rss(*burst(3), *mended))
    poll(feed, now=LATER + timedelta(hours=1))
    assert states(paper) == {"known": 30, "open": 3}


def renamed(*numbers: int) -> list[str]:
    return [item(number, guid=f"urn:post:{number}", hours=8 * number) for number in numbers]


def test_new_articles_wait_when_known_ones_come_under_other_guids(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    moved = renamed(*range(30, 20, -1))
    server.says("/feed", rss(*burst(2), *moved))
    poll(feed, now=LATER + timedelta(hours=1))
    assert states(paper) == {"known": 30, "held": 2}
    alarm = only_alarm()
    assert alarm.kind is AlarmKind.GUIDS
    assert "10 of 10 known articles another GUID" in alarm.reason
    assert alarm.tell_at is not None
    server.says("/feed", rss(*burst(1, first=3000), *moved))
    poll(feed, now=LATER + timedelta(hours=2))
    assert states(paper) == {"known": 30, "held": 2, "open": 1}


def test_a_few_other_guids_hold_nothing_nor_do_many_without_a_new_article(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    server.says("/feed", rss(*burst(1), *renamed(30, 29), *HISTORY[2:]))
    poll(feed, now=LATER + timedelta(hours=1))
    assert states(paper) == {"known": 30, "open": 1}
    server.says("/feed", rss(*renamed(*range(28, 10, -1))))
    poll(feed, now=LATER + timedelta(hours=2))
    assert states(paper) == {"known": 30, "open": 1}
    assert open_alarms(paper.id) == []
