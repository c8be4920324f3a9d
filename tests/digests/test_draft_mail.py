"""Owners and editors are told of a draft by mail, once, while it can be stopped."""

from datetime import timedelta

import pytest

from newsletter.digests.draft_mail import drafts_to_tell, tell_of_draft
from newsletter.digests.drafts import draft_ahead
from newsletter.digests.models import Digest
from newsletter.mail.mailer import Deferred, RecordingMailer
from newsletter.publications.models import Publication
from newsletter.publications.tell_staff import WAIT
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.staff.hire import hire

HOUR = (NOW + timedelta(days=1)).replace(hour=8, minute=0)
EARLY = HOUR - timedelta(minutes=45)


@pytest.fixture
def draft(make: Make) -> Digest:
    paper: Publication = make.publication(
        created_at=NOW, draft_lead_minutes=60, time_zone="UTC", name="The Harbour"
    )
    make.article(publication=paper, title="Twelve ports", found_at=NOW)
    make.article(publication=paper, title="Ropes & knots", found_at=NOW)
    make.subscription(publication=paper)
    with unit_of_work() as session:
        (made,) = draft_ahead(publication_id=paper.id, now=EARLY)
        session.info["requested_jobs"].clear()
    return made


def test_each_owner_and_editor_hears_of_it_with_links_into_the_admin(draft: Digest) -> None:
    for role in StaffRole:
        hire(role)
    mailer = RecordingMailer()
    assert tell_of_draft(digest_id=draft.id, mailer=mailer, now=EARLY) == 2
    assert {mail.recipient for mail in mailer.sent} == {"owner@example.org", "editor@example.org"}
    content = mailer.sent[0].content.decode()
    assert "Goes out at 08:00 unless stopped" in content
    assert "to 1 reader" in content.replace("=\r\n", "").replace("\r\n", " ")
    assert "Twelve ports" in content
    assert f"/admin/digests/{draft.id}/edit" in content
    assert drafts_to_tell(EARLY + timedelta(hours=9)) == []
    assert tell_of_draft(digest_id=draft.id, mailer=mailer, now=EARLY) == 0


def test_the_number_of_a_title_stands_where_the_list_begins(draft: Digest) -> None:
    """A list item with a direction of its own has its number on its own side."""
    hire(StaffRole.OWNER)
    mailer = RecordingMailer()
    tell_of_draft(digest_id=draft.id, mailer=mailer, now=EARLY)
    html = mailer.sent[0].content.decode().replace("=\r\n", "").replace("=3D", "=")
    assert '<span dir="auto">Twelve ports</span></li>' in html
    assert "<li dir" not in html


def test_while_nobody_takes_the_mail_it_is_tried_again_until_the_hour(draft: Digest) -> None:
    hire(StaffRole.OWNER)
    deferring = RecordingMailer(
        answers={"owner@example.org": lambda mail: Deferred(mail.id, 451, "later")}
    )
    assert tell_of_draft(digest_id=draft.id, mailer=deferring, now=EARLY) == 0
    assert reload(draft).tell_draft_at == EARLY + WAIT
    assert drafts_to_tell(EARLY + WAIT) == [draft.id]
    assert tell_of_draft(digest_id=draft.id, mailer=RecordingMailer(), now=HOUR) == 0
    assert reload(draft).tell_draft_at is None
