"""Tasks for digests: each publication's start by themselves."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.digests import start
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Cadence, Publication
from newsletter.staff.models import StaffRole
from tests.factories import Make
from tests.listener import Listener
from tests.staff.hire import hire
from workers import digests as tasks
from workers import letters


def test_a_publication_in_trouble_keeps_no_other_from_its_digest(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = utc_now() - timedelta(days=40)
    broken, sound = (make.publication(created_at=earlier) for _ in range(2))
    ids = broken.id, sound.id
    real_slot = start.latest_slot

    def slot(publication: Publication, *given: object, **named: object) -> object:
        if publication.id == ids[0]:
            raise ValueError("no such time zone")
        return real_slot(publication, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(start, "latest_slot", slot)
    tasks.start_due_digests()
    started = set(db.session.scalars(sa.select(Digest.publication_id)))
    assert started == {ids[1]}


def test_the_clock_drafts_ahead_and_staff_are_told_by_a_letter(
    make: Make, queue: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utc_now()
    hour = (now + timedelta(minutes=30)).time().replace(microsecond=0)
    paper = make.publication(created_at=now, send_at=hour, draft_lead_minutes=60)
    make.article(publication=paper, found_at=now)
    make.subscription(publication=paper)
    hire(StaffRole.EDITOR)
    tasks.start_due_digests()
    daily = sa.select(Digest).where(Digest.cadence == Cadence.DAILY)
    draft = db.session.scalars(daily).one()
    assert draft.state is DigestState.DRAFT
    assert (Job.TELL_OF_DRAFT, {"digest_id": draft.id}) in queue.jobs
    queue.jobs.clear()
    letters.sweep()
    assert (Job.TELL_OF_DRAFT, {"digest_id": draft.id}) in queue.jobs, "should the job be lost"
    mailer = RecordingMailer()
    monkeypatch.setattr(letters, "mailer", lambda: mailer)
    letters.draft(draft.id)
    letters.draft(draft.id)
    assert [mail.recipient for mail in mailer.sent] == ["editor@example.org"]
