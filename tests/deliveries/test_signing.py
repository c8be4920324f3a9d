"""Signed mails: digests, corrections and proofs carry signatures where the publication has keys."""

from datetime import timedelta
from email import message_from_bytes

import pytest
from flask import Flask

from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.deliveries.models import Batch, BatchState
from newsletter.deliveries.proof import send_proof
from newsletter.deliveries.send import send_batch
from newsletter.digests.models import Digest
from newsletter.digests.start import draft_by_hand
from newsletter.mail.dkim_record import Algorithm
from newsletter.mail.mailer import Deferred, OutgoingMail, RecordingMailer
from newsletter.publications.models import Cadence
from newsletter.staff.models import Staff, StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids
from tests.factories import NOW, Make, reload
from tests.mail.messages import assert_fit_for_the_wire
from tests.publications.dkim_keys import active_key, judged

#: Fixed; every other header is written anew, so only these lines may be long.
LONG = ("to", "message-id", "list-unsubscribe", "list-archive")


@pytest.fixture
def digest(make: Make, publish: Publish) -> Digest:
    """A digest of one article for three readers, whose publication signs by two keys."""
    home = make.publication(from_email="paper@example.net", name="Größe  und  Maß")
    active_key(home, Algorithm.RSA)
    active_key(home, Algorithm.ED25519)
    make.article(publication=home, title="Two  spaces and a tab\tin it.")
    for number in range(3):
        make.subscription(publication=home, email=f"reader{number}@example.org")
    return publish(home, now=utc_now())


def send(digest: Digest, mailer: RecordingMailer, *, later: timedelta = timedelta(0)) -> None:
    for batch_id in batch_ids(digest):
        send_batch(batch_id=batch_id, mailer=mailer, clock=lambda: utc_now() + later)


def test_every_mail_of_a_digest_is_signed_by_both_keys(digest: Digest) -> None:
    mailer = RecordingMailer()
    send(digest, mailer)
    assert len(mailer.sent) == 3
    for mail in mailer.sent:
        assert mail.checked
        assert judged(mail.content) == [True, True]
        assert_fit_for_the_wire(mail.content, whole=LONG)


def test_a_retry_signs_anew_and_keeps_its_message_id(digest: Digest) -> None:
    def later(mail: OutgoingMail) -> Deferred:
        return Deferred(mail.id, 451, "4.2.0 try again")

    mailer = RecordingMailer(answers={"reader1@example.org": later})
    send(digest, mailer)
    (first,) = [mail for mail in mailer.tried if mail.recipient == "reader1@example.org"]
    again = RecordingMailer()
    (batch_id,) = batch_ids(digest)
    with unit_of_work() as session:
        session.get_one(Batch, batch_id).next_attempt_at = utc_now()
    send(digest, again, later=timedelta(hours=2))
    (second,) = again.sent
    assert judged(first.content) == judged(second.content) == [True, True]
    before, after = (message_from_bytes(mail.content) for mail in (first, second))
    assert before["Message-ID"] == after["Message-ID"]
    assert before["DKIM-Signature"] != after["DKIM-Signature"]
    assert first.content.partition(b"From:")[2] == second.content.partition(b"From:")[2]


def test_without_its_secret_a_batch_waits_instead_of_leaving_unsigned(
    digest: Digest, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = settings.model_copy(update={"secret_key": "o" * 40})
    monkeypatch.setitem(app.extensions, "settings", other)
    mailer = RecordingMailer()
    send(digest, mailer)
    (batch_id,) = batch_ids(digest)
    with unit_of_work() as session:
        batch = session.get_one(Batch, batch_id)
        assert batch.state is BatchState.QUEUED
        assert "SECRET_KEY" in batch.note
        assert batch.next_attempt_at > utc_now()
    assert mailer.tried == []


def test_a_proof_is_signed_as_its_digest_will_be(make: Make, digest: Digest) -> None:
    home = reload(digest).publication
    make.article(publication=home)
    with unit_of_work() as session:
        draft = draft_by_hand(publication_id=home.id, cadence=Cadence.DAILY, now=utc_now())
        member = Staff(
            email="editor@example.org",
            password="-",
            role=StaffRole.EDITOR,
            active=True,
            fs_uniquifier="x",
            created_at=NOW,
        )
        session.add(member)
    mailer = RecordingMailer()
    send_proof(digest_id=draft.id, staff_id=member.id, mailer=mailer, now=utc_now())
    (mail,) = mailer.sent
    assert judged(mail.content) == [True, True]
