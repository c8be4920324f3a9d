"""The signup breaker trips when few confirm, tells staff, and recovers by itself."""

from datetime import datetime, timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.mail.mailer import Accepted, OutgoingMail, RecordingMailer
from newsletter.publications.models import Publication
from newsletter.publications.tell_staff import WAIT
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.breaker_mail import GIVE_UP, render_breaker, tell_of_breaker
from newsletter.subscriptions.gate_models import SignupBreaker
from newsletter.subscriptions.models import SubscriptionState
from newsletter.subscriptions.signup_breaker import (
    SHORTEST,
    WINDOW,
    UnusableRule,
    breaker,
    change_rule,
    is_to_be_told,
    is_tripped,
    look,
)
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make
from tests.listener import Listener
from tests.web.admin.conftest import make_staff
from workers import upkeep


@pytest.fixture
def paper(make: Make) -> Publication:
    with unit_of_work():
        change_rule(floor="10", least_percent="20")
    return make.publication(name="The Harbour")


def ask(make: Make, paper: Publication, *, confirmed: int, pending: int, at: datetime) -> None:
    """Let so many readers ask for a confirmation at a moment."""
    for number in range(confirmed + pending):
        came = number < confirmed
        subscription = make.subscription(
            publication=paper,
            state=SubscriptionState.CONFIRMED if came else SubscriptionState.PENDING,
            confirmed_at=at + timedelta(minutes=3) if came else None,
        )
        make.letter(subscription=subscription, requested_at=at)


def look_at(moment: datetime) -> bool:
    with unit_of_work():
        look(now=moment)
    return is_tripped()


@pytest.mark.parametrize(
    ("confirmed", "pending", "trips"),
    [(0, 0, False), (0, 9, False), (2, 8, False), (1, 9, True), (0, 10, True), (9, 1, False)],
)
def test_it_trips_when_many_ask_and_few_confirm(
    make: Make, paper: Publication, confirmed: int, pending: int, trips: bool
) -> None:
    ask(make, paper, confirmed=confirmed, pending=pending, at=NOW)
    assert look_at(NOW + timedelta(minutes=5)) is trips
    assert is_to_be_told(now=NOW + timedelta(minutes=5)) is trips


def test_it_recovers_by_itself_but_does_not_flutter(make: Make, paper: Publication) -> None:
    ask(make, paper, confirmed=0, pending=10, at=NOW)
    tripped = NOW + WINDOW - timedelta(minutes=1)
    assert look_at(tripped)
    assert look_at(NOW + WINDOW + timedelta(minutes=1)), "nobody asked since, but it is too early"
    assert not look_at(tripped + SHORTEST)
    assert not is_to_be_told(now=tripped + SHORTEST)


def test_it_stays_tripped_while_the_last_hour_looks_bad(make: Make, paper: Publication) -> None:
    ask(make, paper, confirmed=0, pending=10, at=NOW)
    assert look_at(NOW)
    ask(make, paper, confirmed=0, pending=10, at=NOW + timedelta(minutes=50))
    assert look_at(NOW + timedelta(minutes=100))
    assert not look_at(NOW + timedelta(minutes=111))


def test_a_reader_who_came_back_counts_by_her_new_confirmation(
    make: Make, paper: Publication
) -> None:
    for _ in range(10):
        back = make.subscription(
            publication=paper,
            state=SubscriptionState.PENDING,
            confirmed_at=NOW - timedelta(days=90),
        )
        make.letter(subscription=back, requested_at=NOW)
    assert look_at(NOW)


def test_owners_and_editors_are_told_once(make: Make, paper: Publication) -> None:
    for role in StaffRole:
        make_staff(role)
    ask(make, paper, confirmed=0, pending=10, at=NOW)
    look_at(NOW)
    away = RecordingMailer(unavailable_after=0)
    assert tell_of_breaker(mailer=away, now=NOW) == 0
    mailer = RecordingMailer()
    assert tell_of_breaker(mailer=mailer, now=NOW) == 0, "somebody has it in hand"
    assert tell_of_breaker(mailer=mailer, now=NOW + WAIT) == 2
    assert tell_of_breaker(mailer=mailer, now=NOW + 2 * WAIT) == 0
    assert [mail.recipient for mail in mailer.sent] == ["owner@example.org", "editor@example.org"]


def test_what_there_is_to_tell_while_the_relay_takes_the_mail_is_told_too(
    make: Make, paper: Publication
) -> None:
    make_staff(StaffRole.OWNER)
    ask(make, paper, confirmed=0, pending=10, at=NOW)
    look_at(NOW)
    later = NOW + timedelta(minutes=1)

    def trips_anew(mail: OutgoingMail) -> Accepted:
        with unit_of_work() as session:
            row = session.get_one(SignupBreaker, 1)
            row.tripped_at = row.tell_at = later
        return Accepted(mail.id, "250 2.0.0 taken")

    slow = RecordingMailer(answers={"owner@example.org": trips_anew})
    assert tell_of_breaker(mailer=slow, now=NOW) == 1
    assert tell_of_breaker(mailer=RecordingMailer(), now=later) == 1
    assert tell_of_breaker(mailer=RecordingMailer(), now=later + WAIT) == 0


def test_nobody_is_told_of_what_is_over(make: Make, paper: Publication) -> None:
    make_staff(StaffRole.OWNER)
    ask(make, paper, confirmed=0, pending=10, at=NOW)
    look_at(NOW)
    assert tell_of_breaker(mailer=RecordingMailer(), now=NOW + GIVE_UP + WAIT) == 0
    assert not is_to_be_told(now=NOW + 2 * GIVE_UP)


def test_the_mail_says_what_was_seen_and_where_to_look(paper: Publication) -> None:
    mail = render_breaker(paper, asked=400, confirmed=3)
    assert mail.subject == "Signups to The Harbour are checked: few confirm"
    for part in (mail.html, mail.text):
        assert "400 confirmations were asked for and 3 came" in " ".join(part.split())
    links = LexborHTMLParser(mail.html).css("a[href]")
    assert {link.attributes["href"] for link in links} == {
        f"http://localhost/admin/?publication={paper.slug}"
    }


def test_the_watch_trips_it_and_has_staff_told(
    make: Make, paper: Publication, queue: Listener
) -> None:
    from newsletter.clock import utc_now

    ask(make, paper, confirmed=0, pending=10, at=utc_now() - timedelta(minutes=5))
    upkeep.watch_signups()
    assert is_tripped()
    assert (breaker().asked, breaker().confirmed) == (10, 0)
    assert [job for job, _ in queue.jobs] == [Job.TELL_OF_BREAKER]


@pytest.mark.parametrize(
    ("floor", "percent", "field"),
    [
        ("9", "20", "floor"),
        ("", "20", "floor"),
        ("1e3", "20", "floor"),
        ("²0", "20", "floor"),
        ("9999999999", "20", "floor"),
        ("60", "0", "least_percent"),
        ("60", "91", "least_percent"),
        ("60", "-5", "least_percent"),
    ],
)
def test_a_rule_out_of_bounds_is_refused(
    make: Make, paper: Publication, floor: str, percent: str, field: str
) -> None:
    with pytest.raises(UnusableRule) as refusal, unit_of_work():
        change_rule(floor=floor, least_percent=percent)
    assert refusal.value.field == field
    db.session.rollback()
    assert (breaker().floor, breaker().least_percent) == (10, 20)
