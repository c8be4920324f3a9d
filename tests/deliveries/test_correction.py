"""Corrections: to exactly those who were mailed other words, once, and no cursor moves."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.deliveries import fan_out_correction as fan_out_module
from newsletter.deliveries import fan_out_slices
from newsletter.deliveries.control import cancel_digest, pause_digest, resume_digest
from newsletter.deliveries.correction_readers import expect_correction
from newsletter.deliveries.fan_out_correction import fan_out_correction
from newsletter.deliveries.models import DeliveryState
from newsletter.deliveries.proof import send_proof
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.digests.add import previous_position
from newsletter.digests.correction import NoCorrection
from newsletter.digests.models import DigestState, Variant
from newsletter.digests.start import send_now, start_due
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Cadence, Publication
from newsletter.staff.accounts import create_staff
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids, states
from tests.deliveries.correcting import LATER, NOTE, Correct, draft, edit, reached, send_all
from tests.deliveries.correcting import article as article
from tests.deliveries.correcting import correct as correct
from tests.deliveries.correcting import home as home
from tests.factories import NOW, Make, reload


def test_the_mail_says_what_was_wrong_and_carries_the_corrected_article(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    reader = make.subscription(publication=home)
    send_all(publish(home))
    edit(article)
    digest = correct(article)
    (mail,) = send_all(digest, now=LATER).sent
    content = mail.content.decode() if isinstance(mail.content, bytes) else str(mail.content)
    assert "Subject: Correction: Rivers" in content
    (variant,) = db.session.scalars(sa.select(Variant).where(Variant.digest_id == digest.id))
    for part in (variant.html, variant.text):
        assert NOTE in part
        assert "Twelve ships." in part
        assert "Ten ships." not in part
        assert "Paper" in part
    assert "What was wrong" in variant.html
    assert f":{home.slug}:correction:newsletter" in content
    assert reload(digest).state is DigestState.SENT
    assert states(digest) == {DeliveryState.SENT: 1}
    assert reader.id in reached(digest)


def test_no_cursor_moves_and_no_digest_minds_it(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    reader = make.subscription(publication=home)
    send_all(publish(home))
    make.article(publication=home, title="Bridges")
    edit(article)
    before = reload(reader).cursor
    position = previous_position(reload(home), Cadence.INSTANT, before=LATER)
    send_all(correct(article), now=LATER)
    assert reload(reader).cursor == before
    assert previous_position(reload(home), Cadence.INSTANT, before=LATER) == position
    with unit_of_work():
        started = start_due(publication_id=home.id, now=LATER + timedelta(seconds=15))
    assert [one.cadence for one in started] == [Cadence.INSTANT]


def test_it_is_made_once_and_says_why_it_cannot_be_made(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    make.subscription(publication=home)
    with pytest.raises(NoCorrection, match="not been edited since"):
        draft(article)
    send_all(publish(home))
    with pytest.raises(NoCorrection, match="not been edited since"):
        draft(article)
    edit(article)
    with pytest.raises(NoCorrection, match="what was wrong"):
        draft(article, note=" \n ")
    with pytest.raises(NoCorrection, match="at most 600"):
        draft(article, note="x" * 601)
    draft(article)
    with pytest.raises(NoCorrection, match="under way"):
        draft(article)


def test_a_fan_out_that_died_or_runs_twice_ends_with_the_same_rows(
    make: Make,
    home: Publication,
    article: Article,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(5):
        make.subscription(publication=home, language="de" if number % 2 else "en")
    send_all(publish(home))
    edit(article)
    digest = draft(article)
    with unit_of_work():
        send_now(digest=digest)
    monkeypatch.setattr(fan_out_slices, "BATCH_SIZE", 2)
    real = fan_out_module._deliver_slice
    calls = iter(range(9))

    def die_in_the_second(digest_id: int, *, after: int) -> int | None:
        if next(calls) == 1:
            raise RuntimeError("killed")
        return real(digest_id, after=after)

    monkeypatch.setattr(fan_out_module, "_deliver_slice", die_in_the_second)
    with pytest.raises(RuntimeError):
        publish_digest(digest_id=digest.id, now=LATER)
    assert states(digest) == {DeliveryState.QUEUED: 2}
    assert reload(digest).fanned_out_at is None
    monkeypatch.setattr(fan_out_module, "_deliver_slice", real)
    assert publish_digest(digest_id=digest.id, now=LATER) == 5
    assert fan_out_correction(digest_id=digest.id, now=LATER) == 5
    assert states(digest) == {DeliveryState.QUEUED: 5}
    assert len(batch_ids(digest)) == 3
    assert len(send_all(digest, now=LATER).sent) == 5
    assert reload(digest).state is DigestState.SENT


def test_it_can_be_paused_and_cancelled_like_any_digest(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    make.subscription(publication=home)
    send_all(publish(home))
    edit(article)
    digest = correct(article)
    with unit_of_work():
        pause_digest(digest=digest, now=LATER)
    assert send_all(digest, now=LATER).sent == []
    with unit_of_work() as session:
        resume_digest(digest=digest, now=NOW)
        assert session.info["requested_jobs"][0][0] is Job.SEND_BATCH
    with unit_of_work():
        assert cancel_digest(digest=digest, reason="", now=LATER) == 1
    assert send_all(digest, now=LATER).sent == []
    assert expect_correction(article=reload(article), now=LATER).mailed == 1


def test_staff_get_a_proof_of_it(
    make: Make, home: Publication, article: Article, publish: Publish
) -> None:
    make.subscription(publication=home)
    send_all(publish(home))
    edit(article)
    digest = draft(article)
    with unit_of_work():
        editor = create_staff(
            email="editor@example.org",
            name="Editor",
            password="a quiet long password",
            role=StaffRole.EDITOR,
            now=NOW,
        )
    mailer = RecordingMailer()
    send_proof(digest_id=digest.id, staff_id=editor.id, mailer=mailer, now=LATER)
    assert [mail.recipient for mail in mailer.sent] == ["editor@example.org"]
