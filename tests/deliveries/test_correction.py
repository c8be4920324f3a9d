"""Corrections: to exactly those who were mailed other words, once, and no cursor moves."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.deliveries import fan_out_correction as fan_out_module
from newsletter.deliveries.control import cancel_digest, pause_digest, resume_digest
from newsletter.deliveries.correction_readers import expect_correction
from newsletter.deliveries.fan_out_correction import fan_out_correction
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.proof import send_proof
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.deliveries.send import send_batch
from newsletter.digests.add import previous_position
from newsletter.digests.correction import NoCorrection, draft_correction, freeze_correction
from newsletter.digests.models import Digest, DigestState, Variant
from newsletter.digests.start import send_now, start_due
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Cadence, Publication
from newsletter.staff.accounts import create_staff
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.models import Subscription, SubscriptionState
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids, states
from tests.factories import NOW, Make, reload

LATER = NOW + timedelta(hours=2)
NOTE = "The port of Elbmouth took twelve ships, not ten."
Correct = Callable[..., Digest]


@pytest.fixture
def home(make: Make) -> Publication:
    return make.publication()


@pytest.fixture
def article(make: Make, home: Publication) -> Article:
    return make.article(
        publication=home, title="Rivers", content_html="<p>Ten ships.</p>", topics=[]
    )


def send_all(digest: Digest, *, now: datetime = NOW) -> RecordingMailer:
    mailer = RecordingMailer()
    for batch_id in batch_ids(digest):
        send_batch(batch_id=batch_id, mailer=mailer, clock=lambda: now)
    return mailer


def edit(article: Article, text: str = "<p>Twelve ships.</p>") -> Article:
    with unit_of_work() as session:
        mine = session.get_one(Article, article.id)
        mine.content_html = text
    return mine


def draft(article: Article, *, note: str = NOTE, now: datetime = LATER) -> Digest:
    with unit_of_work() as session:
        return draft_correction(article=session.get_one(Article, article.id), note=note, now=now)


@pytest.fixture
def correct() -> Correct:
    """Publish a correction up to its fan-out."""

    def _correct(article: Article, *, now: datetime = LATER) -> Digest:
        digest = draft(article, now=now)
        with unit_of_work():
            send_now(digest=digest)
        publish_digest(digest_id=digest.id, now=now)
        return digest

    return _correct


def reached(digest: Digest) -> set[int]:
    db.session.rollback()
    found = sa.select(Delivery.subscription_id).where(Delivery.digest_id == digest.id)
    return set(db.session.scalars(found))


def test_it_goes_to_exactly_those_who_were_sent_the_article(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    europe, asia = (make.topic(publication=home, name=name) for name in ("Europe", "Asia"))
    with unit_of_work() as session:
        session.get_one(Article, article.id).topics = [session.merge(europe)]
    make.article(publication=home, title="Bridges", topics=[asia])
    every = make.subscription(publication=home)
    german = make.subscription(publication=home, topics=frozenset({europe.id}), language="de")
    make.subscription(publication=home, topics=frozenset({asia.id}))  # was not sent it
    make.subscription(publication=home, cadence=Cadence.WEEKLY)  # it waits for her digest
    left = make.subscription(publication=home)
    silenced = make.subscription(publication=home, email="silenced@example.org")
    failed = make.subscription(publication=home)
    send_all(publish(home))
    with unit_of_work() as session:
        session.get_one(Subscription, left.id).state = SubscriptionState.UNSUBSCRIBED
        suppress(address="silenced@example.org", reason=SuppressionReason.COMPLAINT, now=NOW)
        session.execute(
            sa.update(Delivery)
            .where(Delivery.subscription_id == failed.id)
            .values(state=DeliveryState.FAILED)
        )
    assert silenced.id
    edited = edit(article)
    assert expect_correction(article=edited, now=LATER).mailed == 2
    digest = correct(article)
    assert reached(digest) == {every.id, german.id}
    assert (reload(digest).candidates, digest.state) == (2, DigestState.SENDING)
    variants = db.session.scalars(sa.select(Variant).where(Variant.digest_id == digest.id)).all()
    assert {one.language for one in variants} == {every.language, "de"}


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


def test_nobody_is_corrected_twice_and_a_second_edit_reaches_all_again(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    daily = make.subscription(publication=home)
    weekly = make.subscription(publication=home, cadence=Cadence.WEEKLY)
    send_all(publish(home))
    edit(article)
    first = correct(article)
    send_all(first, now=LATER)
    assert reached(first) == {daily.id}
    send_all(publish(home, Cadence.WEEKLY, LATER + timedelta(minutes=1)))
    assert expect_correction(article=reload(article), now=LATER).mailed == 0
    with pytest.raises(NoCorrection, match="not been edited since"):
        draft(article)
    edit(article, "<p>Thirteen ships.</p>")
    second = correct(article, now=LATER + timedelta(hours=1))
    assert reached(second) == {daily.id, weekly.id}


def test_those_who_have_the_edited_words_already_get_none(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    daily = make.subscription(publication=home)
    make.subscription(publication=home, cadence=Cadence.WEEKLY)
    send_all(publish(home))
    edit(article)
    send_all(publish(home, Cadence.WEEKLY, NOW + timedelta(hours=1)))
    assert reached(correct(article)) == {daily.id}


def test_an_edit_after_its_freezing_changes_neither_words_nor_readers(
    make: Make, home: Publication, article: Article, publish: Publish
) -> None:
    daily = make.subscription(publication=home)
    make.subscription(publication=home, cadence=Cadence.WEEKLY)
    send_all(publish(home))
    edit(article)
    send_all(publish(home, Cadence.WEEKLY, NOW + timedelta(hours=1)))
    digest = draft(article)
    with unit_of_work():
        send_now(digest=digest)
        freeze_correction(digest_id=digest.id, now=LATER)
    edit(article, "<p>Thirteen ships.</p>")
    assert publish_digest(digest_id=digest.id, now=LATER) == 1
    assert reached(digest) == {daily.id}
    (variant,) = db.session.scalars(sa.select(Variant).where(Variant.digest_id == digest.id))
    assert "Twelve ships." in variant.text
    assert expect_correction(article=reload(article), now=LATER).mailed == 2  # of the next one


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
    monkeypatch.setattr(fan_out_module, "BATCH_SIZE", 2)
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


def test_a_reader_who_pauses_is_skipped_and_counted(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    reader = make.subscription(publication=home)
    send_all(publish(home))
    with unit_of_work() as session:
        session.get_one(Subscription, reader.id).paused_until = LATER + timedelta(days=9)
    edited = edit(article)
    expected = expect_correction(article=edited, now=LATER)
    assert (expected.mailed, expected.left_out) == (0, 1)
    digest = correct(article)
    assert send_all(digest, now=LATER).sent == []
    assert states(digest) == {DeliveryState.SKIPPED: 1}


def test_without_readers_it_is_sent_to_nobody(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    reader = make.subscription(publication=home)
    send_all(publish(home))
    with unit_of_work() as session:
        session.get_one(Subscription, reader.id).state = SubscriptionState.UNSUBSCRIBED
    edit(article)
    digest = correct(article)
    assert (reload(digest).state, digest.candidates) == (DigestState.SENT, 0)


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
