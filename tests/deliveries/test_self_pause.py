"""A digest that comes back too often pauses itself, tells staff, and keeps to what they decide."""

import email
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.deliveries.bounces import record_bounce
from newsletter.deliveries.control import pause_digest, resume_digest
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.pause_mail import pauses_to_tell, render_pause, tell_of_pause
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.mail.bounce_kinds import BounceReport, ReportKind
from newsletter.mail.mailer import Outcome, OutgoingMail, RecordingMailer
from newsletter.publications.tell_staff import GIVE_UP, WAIT
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.feedback.sent import deliver, deliveries, sent_digest
from tests.staff.hire import hire

HOUR = timedelta(hours=1)


def came_back(kind: ReportKind, *found: Delivery) -> None:
    for delivery in found:
        with unit_of_work() as session:
            report = BounceReport(kind=kind, status="5.1.1", text="gone")
            record_bounce(delivery_id=delivery.id, report=report, now=NOW + HOUR)
            session.info.pop("requested_jobs", None)


def is_paused(digest: Digest) -> bool:
    return reload(digest).paused_at is not None


def resume(digest: Digest) -> None:
    with unit_of_work() as session:
        resume_digest(digest=session.get_one(Digest, digest.id), now=NOW + 2 * HOUR)


def test_it_pauses_at_five_per_cent_of_hard_bounces(make: Make) -> None:
    digest = sent_digest(make, readers=201)
    sent = deliveries(digest)
    came_back(ReportKind.HARD, *sent[:10])
    assert not is_paused(digest), "ten of 201 are less than 5 %"
    came_back(ReportKind.HARD, sent[10])
    assert is_paused(digest)
    assert reload(digest).reason == (
        "It paused itself: 11 of 201 mails came back for good (5.5 %; the limit is 5 %)."
    )


def test_a_few_cases_say_nothing(make: Make) -> None:
    digest = sent_digest(make, readers=12)
    sent = deliveries(digest)
    came_back(ReportKind.HARD, *sent[:9])
    came_back(ReportKind.COMPLAINT, *sent[10:12])
    assert not is_paused(digest)


def test_it_pauses_at_a_thousandth_of_complaints_from_three_on(make: Make) -> None:
    digest = sent_digest(make, readers=4)
    came_back(ReportKind.COMPLAINT, *deliveries(digest)[:3])
    assert is_paused(digest)
    assert "were reported as spam" in reload(digest).reason


def test_soft_bounces_and_what_is_about_us_pause_nothing(make: Make) -> None:
    digest = sent_digest(make, readers=24)
    sent = deliveries(digest)
    came_back(ReportKind.SOFT, *sent[:12])
    came_back(ReportKind.ABOUT_US, *sent[12:])
    assert not is_paused(digest)


def test_what_is_sent_already_pauses_no_more(make: Make) -> None:
    digest = sent_digest(make, readers=12, state=DigestState.SENT)
    came_back(ReportKind.HARD, *deliveries(digest))
    assert not is_paused(digest)


def test_staff_who_resume_it_are_not_overruled_by_the_same_cases(make: Make) -> None:
    digest = sent_digest(make, readers=40)
    sent = deliveries(digest)
    came_back(ReportKind.HARD, *sent[:10])
    assert is_paused(digest)
    resume(digest)
    came_back(ReportKind.HARD, *sent[10:])
    assert not is_paused(digest), "all of these went out before"
    assert reload(digest).reason == ""
    later = [
        deliver(digest, make.subscription(publication=digest.publication), sent_at=NOW + 3 * HOUR)
        for _ in range(12)
    ]
    came_back(ReportKind.HARD, *later)
    assert is_paused(digest), "new mails, new cases"
    assert "10 of 12 mails" in reload(digest).reason


def test_refusals_by_the_relay_count(make: Make) -> None:
    digest = sent_digest(make, readers=12)
    with unit_of_work() as session:
        session.execute(sa.update(Delivery).values(state=DeliveryState.FAILED, sent_at=None))
    came_back(ReportKind.HARD, *deliveries(digest))
    assert is_paused(digest)
    assert "10 of 10 mails" in reload(digest).reason


@pytest.fixture
def paused(make: Make) -> Digest:
    digest = sent_digest(make, readers=10, publication=make.publication(name="The Harbour"))
    sent = deliveries(digest)
    came_back(ReportKind.HARD, *sent[:9])
    with unit_of_work() as session:
        report = BounceReport(kind=ReportKind.HARD)
        record_bounce(delivery_id=sent[9].id, report=report, now=NOW)
        assert session.info.pop("requested_jobs") == [(Job.TELL_OF_PAUSE, {"digest_id": digest.id})]
    found: Digest = reload(digest)
    return found


def test_owners_and_editors_are_told_once(paused: Digest) -> None:
    for role in StaffRole:
        hire(role)
    assert pauses_to_tell(NOW) == [paused.id]
    mailer = RecordingMailer()
    assert tell_of_pause(digest_id=paused.id, mailer=mailer, now=NOW) == 2
    assert [mail.recipient for mail in mailer.sent] == ["owner@example.org", "editor@example.org"]
    assert pauses_to_tell(NOW + GIVE_UP) == []
    assert tell_of_pause(digest_id=paused.id, mailer=mailer, now=NOW + WAIT) == 0


def test_the_mail_says_why_and_where(paused: Digest) -> None:
    mail = render_pause(paused)
    assert mail.subject == "Paused: a digest of The Harbour"
    for part in (mail.html, mail.text):
        assert "10 of 10 mails came back for good" in part
        assert f"http://localhost/admin/digests/{paused.id}" in part


def test_while_no_relay_takes_it_it_is_tried_again_and_what_was_resumed_is_not_told(
    paused: Digest,
) -> None:
    hire(StaffRole.EDITOR)
    away = RecordingMailer(unavailable_after=0)
    assert tell_of_pause(digest_id=paused.id, mailer=away, now=NOW) == 0
    assert (pauses_to_tell(NOW), pauses_to_tell(NOW + WAIT)) == ([], [paused.id])
    resume(paused)
    mailer = RecordingMailer()
    assert tell_of_pause(digest_id=paused.id, mailer=mailer, now=NOW + WAIT) == 0
    assert mailer.tried == []


def test_a_second_pause_is_told_by_a_mail_of_its_own_even_if_it_comes_meanwhile(
    paused: Digest,
) -> None:
    hire(StaffRole.OWNER)
    later = NOW + timedelta(hours=2)

    class Slow(RecordingMailer):
        def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Sequence[Outcome]]:
            db.session.rollback()
            with unit_of_work() as session:
                found = session.get_one(Digest, paused.id)
                found.paused_at = found.tell_pause_at = later
            yield from super().send(mails)

    slow, mailer = Slow(), RecordingMailer()
    assert tell_of_pause(digest_id=paused.id, mailer=slow, now=NOW) == 1
    assert tell_of_pause(digest_id=paused.id, mailer=mailer, now=later) == 1
    both = [email.message_from_bytes(one.sent[0].content) for one in (slow, mailer)]
    assert both[0]["Message-ID"] != both[1]["Message-ID"], "mailboxes show one Message-ID once"


def test_a_pause_by_staff_has_no_such_reason(make: Make) -> None:
    digest = sent_digest(make, readers=1)
    with unit_of_work():
        pause_digest(digest=db.session.get_one(Digest, digest.id), now=NOW)
    found = reload(digest)
    assert (found.reason, found.tell_pause_at) == ("", None)
