"""Single articles go at once: one whose page is gone waits alone, and comes once it is there."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.alarm_mail import alarms_to_tell, tell_of_alarm
from newsletter.articles.alarms import drop_alarm, open_alarms, release_alarm
from newsletter.articles.link_checks import LinkCheck
from newsletter.articles.models import Alarm, Article, ArticleState
from newsletter.clock import utc_now
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.digests import preflight_gate
from newsletter.digests.article_history import article_history
from newsletter.digests.gone_pages import LOOK_UNTIL, TELL_AFTER, look_for_gone_pages
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.preflight_hold import hold_of
from newsletter.digests.publishing import take_publishing
from newsletter.digests.start import start_due
from newsletter.extensions import db
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer, server, start_server
from tests.deliveries.conftest import states
from tests.factories import Make, reload

__all__ = ["server", "start_server"]  # fixtures


@pytest.fixture
def home(make: Make) -> Publication:
    """A publication with one reader of single articles."""
    home = make.publication(created_at=utc_now() - timedelta(days=40))
    make.subscription(publication=home, cadence=Cadence.INSTANT)
    return home


def appear(make: Make, home: Publication, page: str, title: str = "Rivers") -> Article:
    article: Article = make.article(publication=home, title=title, link=page, found_at=utc_now())
    return article


def publish(home: Publication) -> Digest:
    """Do what scheduler and worker do with single articles."""
    with unit_of_work():
        started = start_due(publication_id=home.id, now=utc_now())
    (instant,) = [one for one in started if one.cadence is Cadence.INSTANT]
    with unit_of_work():
        assert take_publishing(digest_id=instant.id)
    publish_digest(digest_id=instant.id, now=utc_now())
    return reload(instant)


def titles(digest: Digest) -> list[str]:
    db.session.rollback()
    return [one.title for one in db.session.get_one(Digest, digest.id).articles]


def look() -> int:
    """Look for the pages as if those asked for a moment ago had been asked for long ago."""
    with unit_of_work() as session:
        session.execute(sa.update(LinkCheck).values(checked_at=utc_now() - timedelta(minutes=6)))
    return look_for_gone_pages(clock=utc_now)


def story(article: Article) -> list[str]:
    db.session.rollback()
    return [one.sentence for one in article_history(article=reload(article), now=utc_now())]


def held_alarm(home: Publication) -> Alarm:
    (one,) = open_alarms(home.id)
    return one.alarm


def test_an_article_whose_page_is_gone_waits_alone(
    make: Make, home: Publication, server: LocalServer
) -> None:
    gone = appear(make, home, server.says("/gone", status=404), "Gone")
    digest = publish(home)
    assert [path for path, _ in server.requests] == ["/gone"]
    assert (digest.state, hold_of(digest)) == (DigestState.CANCELLED, None)
    assert (reload(gone).state, reload(gone).position) == (ArticleState.HELD, None)
    appear(make, home, server.says("/there", b"x"), "There")
    later = publish(home)
    assert (later.state, titles(later)) == (DigestState.SENDING, ["There"])
    assert sum(states(later).values()) == 1


def test_the_other_articles_of_its_mail_go_without_it(
    make: Make, home: Publication, server: LocalServer
) -> None:
    appear(make, home, server.says("/gone", status=410), "Gone")
    appear(make, home, server.says("/there", b"x"), "There")
    digest = publish(home)
    assert (digest.state, titles(digest)) == (DigestState.SENDING, ["There"])


def test_it_comes_by_itself_once_its_page_is_there(
    make: Make, home: Publication, server: LocalServer
) -> None:
    article = appear(make, home, server.says("/late", status=404), "Late page")
    publish(home)
    appear(make, home, server.says("/there", b"x"), "There")
    publish(home)
    assert look() == 0
    assert story(article)[-1] == "Held until its page is there, or staff release or drop it."
    server.says("/late", b"here")
    assert look() == 1
    assert look() == 0
    assert titles(publish(home)) == ["Late page"]
    assert story(article)[0].startswith("Found")
    assert story(article)[1].startswith("Held by itself: The page of “Late page” is gone")
    assert "Released by itself: its page is there." in story(article)


def test_a_page_that_is_gone_again_holds_it_again(
    make: Make, home: Publication, server: LocalServer
) -> None:
    article = appear(make, home, server.says("/moody", status=404))
    publish(home)
    server.says("/moody", b"here")
    look()
    with unit_of_work() as session:
        session.execute(sa.delete(LinkCheck))
    server.says("/moody", status=404)
    publish(home)
    assert reload(article).state is ArticleState.HELD
    assert len(open_alarms(home.id)) == 1


def test_who_releases_it_wants_it_mailed_as_it_is(
    make: Make, home: Publication, server: LocalServer
) -> None:
    appear(make, home, server.says("/gone", status=404), "Gone")
    publish(home)
    with unit_of_work():
        release_alarm(alarm=held_alarm(home), now=utc_now())
    digest = publish(home)
    assert (digest.state, titles(digest)) == (DigestState.SENDING, ["Gone"])


def test_a_dropped_one_is_looked_for_no_more(
    make: Make, home: Publication, server: LocalServer
) -> None:
    article = appear(make, home, server.says("/gone", status=404))
    publish(home)
    with unit_of_work():
        drop_alarm(alarm=held_alarm(home), now=utc_now())
    server.says("/gone", b"here")
    assert look() == 0
    assert reload(article).state is ArticleState.DROPPED


def test_after_a_day_it_waits_for_staff_alone(
    make: Make, home: Publication, server: LocalServer
) -> None:
    appear(make, home, server.says("/gone", status=404))
    publish(home)
    server.says("/gone", b"here")
    with unit_of_work():
        held_alarm(home).raised_at -= LOOK_UNTIL
    assert look() == 0
    assert len(open_alarms(home.id)) == 1


def test_staff_are_told_of_one_that_is_gone_for_long(
    make: Make, home: Publication, server: LocalServer
) -> None:
    appear(make, home, server.says("/gone", status=404))
    publish(home)
    alarm = held_alarm(home)
    assert alarms_to_tell(utc_now()) == []
    assert alarms_to_tell(utc_now() + TELL_AFTER) == [alarm.id]
    server.says("/gone", b"here")
    look()
    mailer = RecordingMailer()
    assert tell_of_alarm(alarm_id=alarm.id, mailer=mailer, now=utc_now() + TELL_AFTER) == 0
    assert mailer.sent == []


def test_one_that_others_have_had_keeps_its_place_and_its_digest_waits(
    make: Make, home: Publication, server: LocalServer
) -> None:
    away = make.subscription(
        publication=home, cadence=Cadence.INSTANT, paused_until=utc_now() + timedelta(days=1)
    )
    article = appear(make, home, server.says("/page", b"x"), "Had by some")
    publish(home)
    with unit_of_work() as session:
        session.merge(away).paused_until = None
        session.execute(sa.delete(LinkCheck))
    server.says("/page", status=404)
    appear(make, home, server.says("/there", b"x"), "There")
    digest = publish(home)
    assert hold_of(digest) is not None
    assert (reload(article).state, reload(article).position) == (ArticleState.OPEN, 1)


def test_a_slow_server_does_not_keep_a_single_article(
    make: Make, home: Publication, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight_gate, "SECONDS_AT_ONCE", 0.1)
    let_go = threading.Event()

    def answer(_: object) -> None:
        let_go.wait(20)

    server.answers["/slow"] = answer
    appear(make, home, server.url + "/slow")
    assert publish(home).state is DigestState.SENDING
    let_go.set()


def test_a_page_is_not_asked_for_in_vain(make: Make, server: LocalServer) -> None:
    without_readers = make.publication(created_at=utc_now() - timedelta(days=40))
    appear(make, without_readers, server.says("/gone", status=404))
    publish(without_readers)
    assert server.requests == []
