"""A digest with errors is neither sent nor lost: it waits, is told of, and goes once mended."""

import email
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.link_checks import LinkCheck, resolve_links
from newsletter.articles.models import Article
from newsletter.clock import utc_now
from newsletter.deliveries.control import cancel_digest
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.digests import preflight_variants
from newsletter.digests.budget import MailTooLarge
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.preflight_gate import (
    PreflightObjects,
    blocking_errors,
    check_before_sending,
    send_anyway,
)
from newsletter.digests.preflight_hold import LOOK_UNTIL, PreflightHold, hold_of, look_again
from newsletter.digests.preflight_mail import held_to_tell, tell_of_held_digest
from newsletter.digests.preflight_variants import examine_digest
from newsletter.digests.publishing import take_publishing
from newsletter.digests.start import draft_by_hand, send_now, start_due
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.mail.mailer import Outcome, OutgoingMail, RecordingMailer
from newsletter.publications.models import Cadence, Publication
from newsletter.staff.models import Staff, StaffRole
from newsletter.subscriptions.models import Subscription
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer, server, start_server
from tests.deliveries.conftest import states
from tests.factories import Make, reload
from tests.listener import Listener

__all__ = ["server", "start_server"]  # fixtures


@pytest.fixture
def home(make: Make) -> Publication:
    home = make.publication(default_cadence=Cadence.DAILY)
    for _ in range(3):
        make.subscription(publication=home)
    return home


@pytest.fixture
def page(make: Make, home: Publication, server: LocalServer) -> str:
    """The page of the one new article, which is gone, as a worker has noted."""
    url = server.says("/article", status=404)
    make.article(publication=home, title="Rivers", link=url, found_at=utc_now())
    resolve_links([url], clock=utc_now, seconds=10)
    return url


def scheduled(home: Publication) -> Digest:
    with unit_of_work():
        digest = draft_by_hand(publication_id=home.id, cadence=Cadence.DAILY, now=utc_now())
        send_now(digest=digest)
    return digest


def publish(digest: Digest) -> bool:
    """Do what a worker does; say whether it found anything to do."""
    with unit_of_work():
        taken = take_publishing(digest_id=digest.id)
    if taken:
        publish_digest(digest_id=digest.id, now=utc_now())
    return taken


@pytest.fixture
def held(home: Publication, page: str, queue: Listener) -> Digest:
    """A digest that preflight holds."""
    digest = scheduled(home)
    assert publish(digest)
    queue.jobs.clear()
    return digest


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


def cursors(home: Publication) -> set[int]:
    db.session.rollback()
    found = sa.select(Subscription.cursor).where(Subscription.publication_id == home.id)
    return set(db.session.scalars(found))


def test_nothing_of_a_held_digest_is_frozen_mailed_or_passed_over(
    home: Publication, held: Digest
) -> None:
    found = reload(held)
    assert (found.state, found.published_at, found.publish_attempts) == (
        DigestState.SCHEDULED,
        None,
        0,
    )
    assert (states(held), cursors(home)) == ({}, {0})
    hold = hold_of(found)
    assert hold is not None
    assert "the page is gone" in hold.sentences[0]


def test_workers_leave_a_held_digest_alone_until_its_time(held: Digest) -> None:
    assert not publish(held)
    with unit_of_work() as session:
        session.get_one(PreflightHold, held.id).look_again_at = utc_now() - timedelta(seconds=1)
    assert publish(held)
    assert reload(held).state is DigestState.SCHEDULED
    assert not publish(held)


def test_a_page_that_came_back_lets_its_digest_go(
    home: Publication, held: Digest, server: LocalServer, queue: Listener
) -> None:
    server.says("/article", b"here again")
    with unit_of_work():
        assert look_again(digest=db.session.get_one(Digest, held.id))
    assert queue.jobs == [(Job.PUBLISH_DIGEST, {"digest_id": held.id})]
    assert publish(held)
    assert reload(held).state is DigestState.SENDING
    assert (len(states(held)), cursors(home)) == (1, {1})
    assert hold_of(reload(held)) is None


def test_an_article_that_was_mended_goes_out_in_its_new_words(
    held: Digest, server: LocalServer
) -> None:
    with unit_of_work() as session:
        mine = session.scalars(sa.select(Article)).one()
        mine.link, mine.title = server.says("/moved", b"x"), "Rivers, mended"
    with unit_of_work():
        look_again(digest=db.session.get_one(Digest, held.id))
    publish(held)
    assert reload(held).title == "Rivers, mended"


def test_after_a_day_it_waits_for_staff_alone(held: Digest) -> None:
    with unit_of_work() as session:
        hold = session.get_one(PreflightHold, held.id)
        hold.held_at = utc_now() - LOOK_UNTIL - timedelta(minutes=1)
        hold.look_again_at = utc_now() - timedelta(seconds=1)
    assert publish(held)
    hold = hold_of(reload(held))
    assert hold is not None
    assert hold.look_again_at is None
    assert not publish(held)


def test_staff_may_send_it_anyway_and_what_they_saw_holds_it_no_more(held: Digest) -> None:
    errors = blocking_errors(reload(held), now=utc_now())
    with unit_of_work():
        send_anyway(digest=db.session.get_one(Digest, held.id), errors=errors)
    assert publish(held)
    assert reload(held).state is DigestState.SENDING


def test_what_is_found_after_that_holds_it_again(
    make: Make, home: Publication, held: Digest, server: LocalServer
) -> None:
    errors = blocking_errors(reload(held), now=utc_now())
    with unit_of_work() as session:
        session.scalars(sa.select(Article)).one().title = ""
    with unit_of_work():
        send_anyway(digest=db.session.get_one(Digest, held.id), errors=errors)
    assert publish(held)
    hold = hold_of(reload(held))
    assert hold is not None
    assert len(hold.sentences) == 2  # no heading and no subject
    assert not any("is gone" in one for one in hold.sentences)


def test_a_cancelled_digest_is_held_no_more(held: Digest) -> None:
    with unit_of_work():
        cancel_digest(digest=db.session.get_one(Digest, held.id), reason="no", now=utc_now())
    assert hold_of(reload(held)) is None
    assert not publish(held)


def test_the_next_digest_carries_what_a_held_one_keeps(
    home: Publication, held: Digest, server: LocalServer
) -> None:
    server.says("/article", b"here again")
    later = scheduled(home)
    assert publish(later)
    assert reload(later).state is DigestState.SENDING
    assert sum(states(later).values()) == 3
    with unit_of_work():
        look_again(digest=db.session.get_one(Digest, held.id))
    assert publish(held)
    assert reload(held).state is DigestState.CANCELLED  # nobody was due for it any more


def test_a_digest_of_the_clock_is_held_too(make: Make, server: LocalServer) -> None:
    home = make.publication(created_at=utc_now() - timedelta(days=40))
    make.subscription(publication=home, cadence=Cadence.DAILY)
    gone = server.says("/x", status=410)
    make.article(publication=home, link=gone, found_at=utc_now())
    resolve_links([gone], clock=utc_now, seconds=10)
    with unit_of_work():
        started = start_due(publication_id=home.id, now=utc_now())
    (daily,) = [one for one in started if one.cadence is Cadence.DAILY]
    publish(daily)
    assert hold_of(reload(daily)) is not None


def test_a_page_that_is_gone_is_asked_for_once_more_before_it_holds_anything(
    home: Publication, page: str, server: LocalServer
) -> None:
    server.says("/article", b"back")
    digest = scheduled(home)
    publish(digest)
    assert reload(digest).state is DigestState.SENDING
    db.session.rollback()
    assert len(db.session.scalars(sa.select(LinkCheck)).all()) == 1


def test_a_digest_that_nobody_gets_is_not_held(make: Make, home: Publication, page: str) -> None:
    with unit_of_work() as session:
        session.execute(sa.delete(Subscription))
    digest = scheduled(home)
    publish(digest)
    assert reload(digest).state is DigestState.SENT


def test_a_mail_that_cannot_be_made_is_held_and_not_tried_until_quarantine(
    home: Publication, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.article(publication=home, found_at=utc_now())

    def too_large(**_: object) -> None:
        raise MailTooLarge("too large")

    monkeypatch.setattr(preflight_variants, "render_variant", too_large)
    digest = scheduled(home)
    publish(digest)
    (error,) = blocking_errors(reload(digest), now=utc_now())
    assert not error.overrulable
    assert hold_of(reload(digest)) is not None


def test_a_draft_with_errors_is_not_sent_by_hand(home: Publication, page: str) -> None:
    with unit_of_work():
        digest = draft_by_hand(publication_id=home.id, cadence=Cadence.DAILY, now=utc_now())
    with pytest.raises(PreflightObjects, match="the page is gone"):
        check_before_sending(digest=reload(digest), now=utc_now())


def test_each_variant_is_examined_and_those_that_tell_most_come_first(
    make: Make, home: Publication
) -> None:
    topics = [make.topic(publication=home, name=name) for name in ("Asia", "Europe", "Trade")]
    for topic in topics:
        make.article(publication=home, topics=[topic], found_at=utc_now())
    for topic in topics:
        for language in ("en", "uk"):
            make.subscription(publication=home, topics=frozenset([topic.id]), language=language)
    with unit_of_work():
        digest = draft_by_hand(publication_id=home.id, cadence=Cadence.DAILY, now=utc_now())
    whole = examine_digest(digest=reload(digest), now=utc_now())
    assert (whole.examined, whole.variants) == (7, 7)
    some = examine_digest(digest=reload(digest), now=utc_now(), most=2)
    assert (some.examined, some.variants) == (2, 7)


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
