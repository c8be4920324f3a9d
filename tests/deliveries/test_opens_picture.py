"""The picture that tells opens: only consenting readers’ mails carry it, no other one changes."""

import re

import pytest
import sqlalchemy as sa

from newsletter.deliveries.batch_mails import BatchMails
from newsletter.deliveries.content import DigestMails, compile_variant
from newsletter.deliveries.recipients import due_recipients
from newsletter.deliveries.send import send_batch
from newsletter.digests.budget import LARGEST
from newsletter.digests.models import Digest, Variant
from newsletter.extensions import db
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Publication
from newsletter.subscriptions.links import read_open
from newsletter.subscriptions.signs import forget
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import batch_ids
from tests.deliveries.opening import SENT, deliveries, sent
from tests.deliveries.opening import digest as digest
from tests.mail.test_message import assert_fit_for_the_wire
from tests.publications.dkim_keys import judged

OURS = re.compile(rb"http://localhost/open/([a-z0-9-]+)")


def soft_joined(content: bytes) -> bytes:
    return content.replace(b"=\r\n", b"").replace(b"=3D", b"=")


def test_only_the_mails_of_readers_who_allow_it_carry_the_picture(digest: Digest) -> None:
    mails = sent(digest)
    tellers = {to for to, mail in mails.items() if OURS.search(soft_joined(mail))}
    assert tellers == {f"reader{number}@example.org" for number in range(10)}
    ids = {to: one.id for one in deliveries(digest) for to in [one.subscription.subscriber.email]}
    for to in tellers:
        (token,) = OURS.findall(soft_joined(mails[to]))
        assert read_open(token.decode()) == ids[to]
    for to in mails.keys() - tellers:
        assert b'width=3D"1"' not in mails[to]
        assert b"/open/" not in soft_joined(mails[to])


def test_mails_with_the_picture_and_without_are_signed_and_fit_for_the_wire(
    digest: Digest,
) -> None:
    mails = sent(digest)
    for to in ("reader0@example.org", "reader11@example.org"):
        assert judged(mails[to]) == [True, True]
        long = ("to", "message-id", "list-unsubscribe", "list-archive")
        assert_fit_for_the_wire(mails[to], whole=long)


def test_other_readers_mails_are_octet_for_octet_as_where_nothing_is_counted(
    digest: Digest,
) -> None:
    last = deliveries(digest)[-1]
    assert last.batch_id is not None

    def written() -> bytes:
        db.session.expire_all()
        counting = digest.publication.counts_opens
        (to,) = [
            one
            for one in due_recipients(
                batch_id=last.batch_id or 0, now=SENT, limit=50, with_opens=counting
            )
            if one.delivery_id == last.id
        ]
        return DigestMails(db.session.get_one(Digest, digest.id), now=SENT).mail_to(to).content

    counting = written()
    with unit_of_work() as session:
        session.get_one(Publication, digest.publication_id).counts_opens = False
    unsigned = [mail.partition(b"\r\nFrom: ")[2] for mail in (counting, written())]
    assert unsigned[0] == unsigned[1] != b""


def test_no_mail_carries_it_once_the_publication_counts_nothing(digest: Digest) -> None:
    with unit_of_work() as session:
        session.get_one(Publication, digest.publication_id).counts_opens = False
    assert not any(OURS.search(soft_joined(mail)) for mail in sent(digest).values())


def test_a_consent_taken_back_counts_from_the_next_slice_on(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.deliveries.batch_mails.SLICE", 1)
    first, second, *_ = deliveries(digest)
    mailer = RecordingMailer()
    real = BatchMails._mail_to

    def forgetting(self: BatchMails, *args: object) -> object:
        mail = real(self, *args)  # type: ignore[arg-type]
        with unit_of_work():
            forget(subscription_ids=[second.subscription_id])
        return mail

    monkeypatch.setattr(BatchMails, "_mail_to", forgetting)
    send_batch(batch_id=batch_ids(digest)[0], mailer=mailer, clock=lambda: SENT)
    tells = [bool(OURS.search(soft_joined(mail.content))) for mail in mailer.sent[:3]]
    assert tells == [True, False, True]
    assert mailer.sent[0].recipient == first.subscription.subscriber.email


def test_the_stored_variant_knows_nothing_of_it_and_grows_by_little(digest: Digest) -> None:
    variant = db.session.scalars(sa.select(Variant)).one()
    assert "openurl" not in variant.html + variant.text
    plain, telling = (
        len(b"".join(p for p in compile_variant(variant, opens=opens).pieces if type(p) is bytes))
        for opens in (False, True)
    )
    assert 0 < telling - plain < 200 < 102_000 - LARGEST
