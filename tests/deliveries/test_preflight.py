"""A digest with errors is neither sent nor lost: it waits, and goes once mended."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.link_checks import LinkCheck, resolve_links
from newsletter.articles.models import Article
from newsletter.clock import utc_now
from newsletter.deliveries.control import cancel_digest
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
from newsletter.digests.preflight_variants import examine_digest
from newsletter.digests.start import draft_by_hand, start_due
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.models import Subscription
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer, server, start_server
from tests.deliveries.conftest import states
from tests.deliveries.holding import held as held
from tests.deliveries.holding import home as home
from tests.deliveries.holding import page as page
from tests.deliveries.holding import publish, scheduled
from tests.factories import Make, reload
from tests.listener import Listener

__all__ = ["server", "start_server"]  # fixtures


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
