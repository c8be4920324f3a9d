"""Owners and editors are told of each set of errors that holds a digest, once."""

import email
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.clock import utc_now
from newsletter.digests.models import Digest
from newsletter.digests.preflight_hold import PreflightHold, look_again
from newsletter.digests.preflight_mail import held_to_tell, tell_of_held_digest
from newsletter.extensions import db
from newsletter.mail.mailer import Outcome, OutgoingMail, RecordingMailer
from newsletter.staff.models import Staff, StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer, server, start_server
from tests.deliveries.holding import held as held
from tests.deliveries.holding import home as home
from tests.deliveries.holding import page as page
from tests.deliveries.holding import publish

__all__ = ["server", "start_server"]  # fixtures


def hired(name: str, role: StaffRole) -> None:
    with unit_of_work() as session:
        session.add(
            Staff(
                email=f"{name}@example.org",
                password="",
                active=True,
                fs_uniquifier=name,
                role=role,
                created_at=utc_now(),
            )
        )


def test_owners_and_editors_are_told_once_of_each_set_of_errors(
    held: Digest, server: LocalServer
) -> None:
    for role in StaffRole:
        hired(role.value, role)
    assert held_to_tell(utc_now()) == [held.id]
    mailer = RecordingMailer()
    assert tell_of_held_digest(digest_id=held.id, mailer=mailer, now=utc_now()) == 2
    assert b"/admin/digests/%d" % held.id in mailer.sent[0].content
    assert held_to_tell(utc_now() + timedelta(hours=1)) == []
    with unit_of_work():
        look_again(digest=db.session.get_one(Digest, held.id))
    publish(held)
    assert held_to_tell(utc_now()) == []  # the same error once more
    with unit_of_work() as session:
        session.scalars(sa.select(Article)).one().title = ""
        look_again(digest=session.get_one(Digest, held.id))
    publish(held)
    assert held_to_tell(utc_now()) == [held.id]
    assert tell_of_held_digest(digest_id=held.id, mailer=mailer, now=utc_now()) == 2
    ids = {email.message_from_bytes(mail.content)["Message-ID"] for mail in mailer.sent}
    assert len(ids) == 4, "mailboxes show one Message-ID once"


def test_what_is_found_while_staff_are_told_of_something_else_is_told_too(held: Digest) -> None:
    hired("owner", StaffRole.OWNER)
    later = utc_now() + timedelta(seconds=5)

    class Slow(RecordingMailer):
        def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Sequence[Outcome]]:
            db.session.rollback()
            with unit_of_work() as session:
                session.get_one(PreflightHold, held.id).tell_at = later
            yield from super().send(mails)

    assert tell_of_held_digest(digest_id=held.id, mailer=Slow(), now=utc_now()) == 1
    assert held_to_tell(later) == [held.id]


def test_while_no_relay_takes_the_mail_it_is_tried_again(held: Digest) -> None:
    hired("owner", StaffRole.OWNER)
    away = RecordingMailer(unavailable_after=0)
    assert tell_of_held_digest(digest_id=held.id, mailer=away, now=utc_now()) == 0
    assert held_to_tell(utc_now()) == []
    assert held_to_tell(utc_now() + timedelta(minutes=12)) == [held.id]
    late = utc_now() + timedelta(days=2)
    assert tell_of_held_digest(digest_id=held.id, mailer=RecordingMailer(), now=late) == 0
    assert held_to_tell(late + timedelta(days=1)) == []
