"""Alarms on the overview: what is held and why, released or dropped with one click."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.alarms import open_alarms
from newsletter.articles.ingest import ingest
from newsletter.articles.models import Alarm, AlarmKind, Article, ArticleState, Feed
from newsletter.articles.parse import parse
from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.publications.staff_mail import admin_page
from newsletter.staff.models import AuditEvent, StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.articles.tiny_feeds import DAY_ONE, item, rss
from tests.factories import NOW, Make
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import buttons, words

Room = Callable[..., Browser]


@pytest.fixture
def alarm_id(make: Make, paper: Publication) -> int:
    """An alarm that holds sixty articles of a feed that was empty."""
    feed = make.feed(publication=paper, title="The Paper")
    hours = round((utc_now() - DAY_ONE) / timedelta(hours=1)) - 1
    items = [item(number, hours=hours) for number in range(60)]
    with unit_of_work() as session:
        mine = session.get_one(Feed, feed.id)
        ingest(feed=mine, entries=parse(rss(*items)).entries, language="", now=utc_now())
    (one,) = open_alarms(paper.id)
    return one.alarm.id


def states() -> set[ArticleState]:
    db.session.rollback()
    return set(db.session.scalars(sa.select(Article.state)))


def last_act() -> tuple[str, str, int | None, str]:
    event = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    return event.action, event.object_kind, event.object_id, event.detail


def test_the_overview_says_what_is_held_and_why(editor: Browser, alarm_id: int) -> None:
    page = editor.get("/admin/").text
    told = words(page)
    assert "60 articles of The Paper are held 60 new articles at once." in told
    assert told.count("are held") == 1
    assert {f"/admin/alarms/{alarm_id}/{act}" for act in ("release", "drop")} <= set(buttons(page))
    look = f"/admin/articles?state=held&amp;alarm={alarm_id}"
    assert look in page
    assert "Article 10" in editor.get(look.replace("&amp;", "&")).text


def test_the_page_of_its_feed_leads_to_what_is_held(editor: Browser, alarm_id: int) -> None:
    db.session.rollback()
    feed = db.session.scalars(sa.select(Feed)).one()
    page = editor.get(f"/admin/articles/feeds/{feed.id}").text
    assert "60 articles are held. 60 new articles at once." in words(page)
    assert f"/admin/articles?state=held&amp;alarm={alarm_id}" in page


def test_the_list_of_its_articles_has_the_same_buttons(editor: Browser, alarm_id: int) -> None:
    path = f"/admin/articles?state=held&alarm={alarm_id}"
    page = editor.get(path).text
    assert "60 articles are held together. 60 new articles at once." in words(page)
    acts = [f"/admin/alarms/{alarm_id}/{act}" for act in ("release", "drop")]
    assert buttons(page) == acts
    editor.post(acts[1])
    assert buttons(editor.get(path).text) == []


@pytest.mark.parametrize(
    ("act", "state", "said"),
    [
        ("release", ArticleState.OPEN, "Released: 60 articles."),
        ("drop", ArticleState.DROPPED, "Dropped: 60 articles."),
    ],
)
def test_one_click_settles_all_and_is_recorded(
    editor: Browser, alarm_id: int, act: str, state: ArticleState, said: str
) -> None:
    editor.get("/admin/")
    answer = editor.post(f"/admin/alarms/{alarm_id}/{act}")
    assert answer.location == "/admin/"
    page = words(editor.get("/admin/").text)
    assert said in page
    assert "are held" not in page
    assert states() == {state}
    done = {"release": "alarm_released", "drop": "alarm_dropped"}[act]
    assert last_act() == (done, "alarm", alarm_id, "60 articles")


def test_the_second_of_two_editors_is_told(editor: Browser, alarm_id: int) -> None:
    editor.get("/admin/")
    editor.post(f"/admin/alarms/{alarm_id}/drop")
    editor.post(f"/admin/alarms/{alarm_id}/release")
    assert "somebody was faster" in editor.get("/admin/").text
    assert states() == {ArticleState.DROPPED}
    assert last_act()[0] == "alarm_dropped"


@pytest.mark.parametrize("act", ["release", "drop"])
def test_a_viewer_sees_it_and_may_not_act(alarm_id: int, act: str, staff_room: Room) -> None:
    viewer = staff_room(StaffRole.VIEWER)
    page = viewer.get("/admin/").text
    assert "60 articles of The Paper are held" in page
    assert buttons(page) == []
    assert viewer.post(f"/admin/alarms/{alarm_id}/{act}").status_code == 403
    assert states() == {ArticleState.HELD}


def test_another_publications_alarm_does_not_exist(
    make: Make, editor: Browser, alarm_id: int
) -> None:
    other = make.publication(slug="other")
    editor.get("/admin/?publication=other")
    assert editor.post(f"/admin/alarms/{alarm_id}/release").status_code == 404
    assert editor.get(f"/admin/articles?alarm={alarm_id}").status_code == 404
    assert other.id is not None
    assert states() == {ArticleState.HELD}


def test_a_future_dated_article_is_no_trouble(
    make: Make, paper: Publication, editor: Browser
) -> None:
    ahead = utc_now() + timedelta(days=2)
    make.article(publication=paper, state=ArticleState.HELD, held_until=ahead)
    assert "held" not in words(editor.get("/admin/").text).partition("Queue")[0]


def test_an_alarm_of_one_article_speaks_of_one(
    make: Make, paper: Publication, editor: Browser
) -> None:
    with unit_of_work() as session:
        alarm = Alarm(publication_id=paper.id, kind=AlarmKind.LATE, reason="Late.", raised_at=NOW)
        session.add(alarm)
    lone = make.article(
        publication=paper, title="Low tide", state=ArticleState.HELD, alarm_id=alarm.id
    )
    assert "“Low tide”: Late." in words(editor.get("/admin/").text)
    for page in ("/admin/", f"/admin/articles?state=held&alarm={alarm.id}"):
        told = words(editor.get(page).text)
        assert "Release it Drop it" in told
        assert "1 article" in told
        assert "all" not in told.partition("Drop it")[0].split()
    editor.post(f"/admin/alarms/{alarm.id}/release")
    assert "Released by Editor." in words(editor.get(f"/admin/articles/{lone.id}").text)


def test_the_mail_leads_to_its_publication_whichever_was_seen_last(
    make: Make, paper: Publication, editor: Browser, alarm_id: int
) -> None:
    other = make.publication(name="The Other Paper")
    assert "are held" not in words(editor.get(f"/admin/?publication={other.slug}").text)
    link = admin_page(paper).removeprefix(settings.base_url)
    assert "60 articles of The Paper are held" in words(editor.get(link).text)
