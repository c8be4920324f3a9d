"""Owners and editors are told of an alarm by mail, once."""

import re
from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from newsletter.articles.alarm_mail import alarms_to_tell, render_alarm, tell_of_alarm
from newsletter.articles.alarms import OpenAlarm, drop_alarm, raise_alarm, told_reason
from newsletter.articles.models import Alarm, AlarmKind, ArticleState, Feed
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.mail.mailer import Deferred, RecordingMailer, Refused
from newsletter.publications.models import Publication
from newsletter.publications.tell_staff import GIVE_UP, WAIT
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.staff.hire import hire


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(name="The Harbour")


@pytest.fixture
def alarm(make: Make, paper: Publication) -> Alarm:
    """An alarm of two articles."""
    feed = make.feed(publication=paper, title="Harbour news")
    with unit_of_work() as session:
        found = raise_alarm(
            feed=session.get_one(Feed, feed.id),
            kind=AlarmKind.BURST,
            reason="Forty at once.",
            now=NOW,
        )
        assert session.info["requested_jobs"] == [(Job.TELL_OF_ALARM, {"alarm_id": found.id})]
        session.info["requested_jobs"].clear()
    for _ in range(2):
        make.article(publication=paper, state=ArticleState.HELD, alarm_id=found.id)
    return found


def told(mailer: RecordingMailer) -> list[str]:
    return [mail.recipient for mail in mailer.sent]


def test_owners_and_editors_are_told_once_and_viewers_not(alarm: Alarm) -> None:
    for role in StaffRole:
        hire(role)
    hire(StaffRole.EDITOR, email="gone@example.org", active=False)
    assert alarms_to_tell(NOW) == [alarm.id]
    mailer = RecordingMailer()
    assert tell_of_alarm(alarm_id=alarm.id, mailer=mailer, now=NOW) == 2
    assert told(mailer) == ["owner@example.org", "editor@example.org"]
    assert len({re.search(rb"Message-ID: (\S+)", mail.content)[1] for mail in mailer.sent}) == 2  # type: ignore[index]
    assert alarms_to_tell(NOW + GIVE_UP) == []
    assert tell_of_alarm(alarm_id=alarm.id, mailer=mailer, now=NOW + WAIT) == 0
    assert len(mailer.sent) == 2


def test_the_mail_says_what_is_held_and_where_to_settle_it(
    alarm: Alarm, paper: Publication
) -> None:
    mail = render_alarm(OpenAlarm(reload(alarm), 2), paper)
    assert mail.subject == "Held: 2 new articles of Harbour news"
    for part in (mail.html, mail.text):
        assert "Forty at once." in part
        assert "2 new articles of Harbour news wait for you" in part
    links = LexborHTMLParser(mail.html).css("a[href]")
    assert {link.attributes["href"] for link in links} == {
        f"http://localhost/admin/?publication={paper.slug}"
    }
    assert f"http://localhost/admin/?publication={paper.slug}" in mail.text


def test_the_mail_about_a_single_article_speaks_of_one_and_names_it(
    alarm: Alarm, paper: Publication
) -> None:
    mail = render_alarm(OpenAlarm(reload(alarm), 1, "Low tide"), paper)
    assert mail.subject == "Held: 1 new article of Harbour news"
    for part in (mail.html, mail.text):
        assert "“Low tide”: Forty at once." in part
        assert "release it or drop it" in " ".join(part.split())
        assert "all of them" not in part
        assert "an owner or editor of this publication" in " ".join(part.split())


def test_a_reason_that_names_the_article_itself_names_it_once(alarm: Alarm) -> None:
    alarm.reason = "The page of “Low tide” is gone."
    assert told_reason(OpenAlarm(alarm, 1, "Low tide")) == alarm.reason


def test_a_relay_that_is_away_is_tried_again_until_a_day_has_passed(alarm: Alarm) -> None:
    hire(StaffRole.EDITOR)
    away = RecordingMailer(unavailable_after=0)
    assert tell_of_alarm(alarm_id=alarm.id, mailer=away, now=NOW) == 0
    assert alarms_to_tell(NOW) == []
    assert alarms_to_tell(NOW + WAIT) == [alarm.id]
    mailer = RecordingMailer()
    assert tell_of_alarm(alarm_id=alarm.id, mailer=mailer, now=NOW + WAIT) == 1
    assert reload(alarm).tell_at is None


@pytest.mark.parametrize(
    "answer",
    [
        lambda mail: Deferred(mail.id, 450, "later"),
        lambda mail: Refused(mail.id, 550, "no such user"),
    ],
)
def test_after_a_day_the_overview_has_to_do(alarm: Alarm, answer: object) -> None:
    hire(StaffRole.EDITOR)
    mailer = RecordingMailer(answers={"editor@example.org": answer})  # type: ignore[dict-item]
    tell_of_alarm(alarm_id=alarm.id, mailer=mailer, now=NOW)
    assert reload(alarm).tell_at == NOW + WAIT
    later = NOW + GIVE_UP + timedelta(minutes=1)
    assert tell_of_alarm(alarm_id=alarm.id, mailer=mailer, now=later) == 0
    assert reload(alarm).tell_at is None
    assert len(mailer.tried) == 1


def test_what_staff_settled_meanwhile_is_not_told(alarm: Alarm) -> None:
    hire(StaffRole.EDITOR)
    with unit_of_work():
        drop_alarm(alarm=db.session.get_one(Alarm, alarm.id), now=NOW)
    mailer = RecordingMailer()
    assert tell_of_alarm(alarm_id=alarm.id, mailer=mailer, now=NOW) == 0
    assert (mailer.tried, reload(alarm).tell_at) == ([], None)
