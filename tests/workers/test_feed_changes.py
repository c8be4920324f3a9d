"""From the feed to the inbox: a site that changes its identifiers mails nobody twice."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.alarms import release_alarm
from newsletter.articles.models import Alarm, Feed
from newsletter.deliveries.models import Batch, BatchState
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.deliveries.send import send_batch
from newsletter.digests.last_digest import last_digest_at
from newsletter.digests.start import start_due
from newsletter.extensions import db
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer, server, start_server
from tests.articles.polling import connect, poll
from tests.articles.tiny_feeds import DAY_ONE, item, rss
from tests.factories import Make

__all__ = ["server", "start_server"]

DAY = timedelta(days=1)
START = DAY_ONE - timedelta(hours=1)  # 7:00, an hour before the daily digest


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(created_at=START - 30 * DAY)


@pytest.fixture
def feed(server: LocalServer, paper: Publication, make: Make) -> Feed:
    """A feed whose six articles were mailed to a daily and an instant reader."""
    old = [item(number, hours=-24 * number) for number in range(20, 10, -1)]
    connected = connect(paper, server.says("/feed", rss(*old)), now=START - 2 * DAY)
    start = dict.fromkeys((Cadence.DAILY, Cadence.INSTANT))
    for cadence in start:
        make.subscription(publication=paper, cadence=cadence, cursor=10)
    server.says("/feed", rss(*written()))
    poll(connected, now=START)
    return connected


def written(**fields: object) -> list[str]:
    """Return the six articles, newest first."""
    return [item(number, hours=number - 9, **fields) for number in range(6, 0, -1)]  # type: ignore[arg-type]


def work(paper: Publication, now: datetime) -> list[str]:
    """Send what is due as workers do; return the texts of the mails."""
    with unit_of_work():
        digest_ids = [one.id for one in start_due(publication_id=paper.id, now=now)]
    mailer = RecordingMailer()
    for digest_id in digest_ids:
        publish_digest(digest_id=digest_id, now=now)
        db.session.rollback()
        for batch_id in list(
            db.session.scalars(
                sa.select(Batch.id).where(
                    Batch.digest_id == digest_id, Batch.state != BatchState.DONE
                )
            )
        ):
            send_batch(batch_id=batch_id, mailer=mailer, clock=lambda: now)
    return [mail.content.decode() for mail in mailer.sent]


def renamed(number: int) -> str:
    return item(number, hours=number - 9, guid=f"urn:uuid:{number}")


def moved(number: int) -> str:
    return item(
        number,
        hours=number - 9,
        guid=f"urn:uuid:{number}",
        link=f"https://www.new.example.org/read/{number}",
    )


def redated(number: int) -> str:
    return item(number, hours=48, guid=f"urn:uuid:{number}")


@pytest.mark.parametrize("changed", [renamed, moved, redated])
def test_nobody_is_mailed_twice(
    server: LocalServer, paper: Publication, feed: Feed, changed: Callable[[int], str]
) -> None:
    first = work(paper, START + timedelta(hours=2))
    assert len(first) == 2
    assert all("Article 6" in mail for mail in first)
    server.says("/feed", rss(*(changed(number) for number in range(6, 0, -1))))
    for hours in (3, 4):
        assert poll(feed, now=START + timedelta(hours=hours)).new == 0
    assert work(paper, START + DAY + timedelta(hours=2)) == []


def test_an_edit_before_the_digest_is_in_it(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    server.says("/feed", rss(*written(text="Quite other words.")))
    assert poll(feed, now=START + timedelta(minutes=30)).changed == 6
    mails = work(paper, START + timedelta(hours=2))
    assert len(mails) == 2
    assert all("Quite other words." in mail and "Text of article" not in mail for mail in mails)


def test_only_what_is_new_beside_them_goes_out_once_staff_have_looked(
    server: LocalServer, paper: Publication, feed: Feed
) -> None:
    work(paper, START + timedelta(hours=2))
    later = START + DAY
    server.says("/feed", rss(item(7, hours=20), *(moved(number) for number in range(6, 0, -1))))
    assert poll(feed, now=later).new == 1
    assert work(paper, later + timedelta(hours=2)) == []
    with unit_of_work() as session:
        release_alarm(alarm=session.scalars(sa.select(Alarm)).one(), now=later + DAY)
    mails = work(paper, later + DAY + timedelta(hours=2))
    assert len(mails) == 2
    assert all("Article 7" in mail and "Article 6" not in mail for mail in mails)


def test_a_flood_reaches_nobody_until_staff_release_it(
    make: Make, server: LocalServer, paper: Publication, feed: Feed
) -> None:
    work(paper, START + timedelta(hours=2))
    later = START + DAY
    flood = [item(number, hours=20, title=f"Flood {number}") for number in range(90, 40, -1)]
    server.says("/feed", rss(*flood))
    assert last_digest_at(feed_id=feed.id) == START + timedelta(hours=2)
    make.digest(publication=paper, by_hand=True, published_at=START + timedelta(hours=3))
    assert last_digest_at(feed_id=feed.id) == START + timedelta(hours=2)
    assert poll(feed, now=later).new == 50
    assert work(paper, later + timedelta(hours=2)) == []
    with unit_of_work() as session:
        release_alarm(alarm=session.scalars(sa.select(Alarm)).one(), now=later + DAY)
    mails = work(paper, later + DAY + timedelta(hours=2))
    assert len(mails) == 2
    assert all("Flood" in mail for mail in mails)
    assert work(paper, later + 2 * DAY + timedelta(hours=2)) == []
