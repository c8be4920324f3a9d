"""Drafts ahead of the hour: made once, kept up, gone at the hour unless stopped."""

from datetime import datetime, time, timedelta

import pytest

from newsletter.deliveries.control import cancel_digest
from newsletter.deliveries.fan_out import fan_out
from newsletter.digests.drafts import draft_ahead, hold_draft, release_draft, waiting_drafts
from newsletter.digests.edit import LEFT_OUT, DraftForm, save_draft
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.preflight import Finding, Level, Mend
from newsletter.digests.preflight_hold import hold
from newsletter.digests.publish import carried_candidates, freeze
from newsletter.digests.start import WrongDigestState, draft_by_hand, send_now, start_due
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import Hours
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.hours import choose_hours
from newsletter.subscriptions.models import Source, Subscription
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.listener import Listener

DAY = timedelta(days=1)
HOUR = (NOW + DAY).replace(hour=8, minute=0, second=0, microsecond=0)
EARLY = HOUR - timedelta(minutes=45)


@pytest.fixture
def home(make: Make, queue: Listener) -> Publication:
    """Its daily digest of 08:00 UTC is a draft an hour before; an article and a reader wait."""
    home = make.publication(created_at=NOW - timedelta(days=40), draft_lead_minutes=60)
    with unit_of_work():
        start_due(publication_id=home.id, now=NOW)
    for digest in db.session.query(Digest).all():
        with unit_of_work():
            freeze(digest_id=digest.id, now=NOW)
    make.subscription(publication=home)
    make.article(publication=home, title="Twelve ports", found_at=NOW)
    queue.jobs.clear()
    return home


def draft(home: Publication, now: datetime = EARLY) -> list[Digest]:
    with unit_of_work():
        return draft_ahead(publication_id=home.id, now=now)


def start(home: Publication, now: datetime = HOUR) -> list[Digest]:
    with unit_of_work():
        started = start_due(publication_id=home.id, now=now)
    return [one for one in started if one.cadence is Cadence.DAILY]


def publish(digest: Digest, now: datetime = HOUR) -> Digest:
    with unit_of_work():
        freeze(digest_id=digest.id, now=now)
    fan_out(digest_id=digest.id, now=now)
    fresh: Digest = reload(digest)
    return fresh


def at_own_hour(make: Make, home: Publication, hour: int) -> Subscription:
    reader = make.subscription(publication=home)
    with unit_of_work():
        choose_hours(
            subscription=reader,
            hours=Hours(time(hour), "UTC"),
            request=RequestEvidence(Source.MAIL_LINK),
            now=NOW - timedelta(days=9),
        )
    return reader


def test_a_draft_is_made_once_within_the_lead_and_staff_are_told(
    home: Publication, queue: Listener
) -> None:
    assert draft(home, HOUR - timedelta(minutes=61)) == []
    (made,) = draft(home)
    assert (made.state, made.slot, made.by_hand) == (DigestState.DRAFT, HOUR, False)
    assert queue.jobs == [(Job.TELL_OF_DRAFT, {"digest_id": made.id})]
    assert draft(home, EARLY + timedelta(minutes=1)) == []


def test_no_lead_no_articles_or_no_readers_make_no_draft(make: Make) -> None:
    made = make.publication(
        created_at=NOW - timedelta(days=40),
        draft_lead_minutes=60,
        default_cadence=Cadence.WEEKLY,
    )
    assert draft(made) == [], "nothing to carry"
    make.article(publication=made, found_at=NOW)
    assert draft(made) == [], "nobody is due, and the archive is for the weekly one"
    make.subscription(publication=made)
    with unit_of_work() as session:
        session.get_one(Publication, made.id).draft_lead_minutes = 0
    assert draft(made) == []


def test_the_draft_is_what_goes_at_the_hour_with_what_came_meanwhile(
    make: Make, home: Publication
) -> None:
    (made,) = draft(home)
    late = make.article(publication=home, found_at=EARLY)
    draft(home, EARLY + timedelta(minutes=5))
    assert late.id in [one.id for one in carried_candidates(reload(made), now=EARLY)]
    assert reload(made).drafted_upto < late.position
    assert [one.id for one in start(home)] == [made.id]
    sent = publish(made)
    assert sent.articles[0].article_id == late.id
    assert start(home, HOUR + timedelta(minutes=1)) == []


def test_a_held_draft_outlasts_its_hour_and_goes_when_released(
    home: Publication, queue: Listener
) -> None:
    (made,) = draft(home)
    with unit_of_work():
        hold_draft(digest=made, now=EARLY)
    assert start(home) == []
    assert start(home, HOUR + DAY) == [], "and the next hour waits for it too"
    assert reload(made).slot == HOUR + DAY
    queue.jobs.clear()
    with unit_of_work():
        assert release_draft(digest=made, now=HOUR + DAY + timedelta(hours=1))
    assert queue.jobs == [(Job.PUBLISH_DIGEST, {"digest_id": made.id})]
    assert publish(made).candidates == 1
    assert start(home, HOUR + DAY + timedelta(hours=2)) == []


def test_a_draft_released_before_its_hour_waits_for_it(home: Publication) -> None:
    (made,) = draft(home)
    with unit_of_work():
        hold_draft(digest=made, now=EARLY)
        assert not release_draft(digest=made, now=EARLY)
    assert reload(made).state is DigestState.DRAFT
    with pytest.raises(WrongDigestState), unit_of_work():
        release_draft(digest=made, now=EARLY)
    assert [one.id for one in start(home)] == [made.id]


def test_a_skipped_one_brings_no_other_that_day_and_its_articles_wait(home: Publication) -> None:
    (made,) = draft(home)
    with unit_of_work():
        cancel_digest(digest=made, reason="skipped", now=EARLY)
    assert draft(home, EARLY + timedelta(minutes=1)) == []
    assert start(home) == []
    (next_day,) = start(home, HOUR + DAY)
    assert [one.article.title for one in publish(next_day, HOUR + DAY).articles] == ["Twelve ports"]


def test_one_sent_early_keeps_its_slot(make: Make, home: Publication) -> None:
    (made,) = draft(home)
    with unit_of_work():
        send_now(digest=made)
    assert publish(made, EARLY).candidates == 1
    make.article(publication=home, found_at=EARLY)
    assert start(home) == [], "the slot has happened"
    assert draft(home, EARLY + timedelta(minutes=5)) == []
    assert len(draft(home, EARLY + DAY)) == 1


def test_a_draft_follows_hours_that_staff_move(home: Publication) -> None:
    (made,) = draft(home)
    with unit_of_work() as session:
        session.get_one(Publication, home.id).send_at = time(10)
    draft(home, EARLY + timedelta(minutes=1))
    assert reload(made).slot == HOUR.replace(hour=10)
    assert start(home) == []
    assert [one.id for one in start(home, HOUR.replace(hour=10))] == [made.id]


def test_a_draft_of_tomorrow_never_says_that_it_goes_on_a_day_that_had_its_digest(
    home: Publication,
) -> None:
    tonight = NOW.replace(hour=22)
    with unit_of_work() as session:
        session.get_one(Publication, home.id).draft_lead_minutes = 20 * 60
    (made,) = draft(home, tonight - timedelta(hours=1))
    with unit_of_work() as session:
        session.get_one(Publication, home.id).send_at = time(22)
    for moment in (tonight - timedelta(minutes=50), tonight + timedelta(minutes=5)):
        assert start(home, moment) == []
        draft(home, moment)
        assert reload(made).slot == tonight + DAY
    assert [one.id for one in start(home, tonight + DAY)] == [made.id]


def test_while_preflight_holds_one_editors_keep_their_veto_of_the_next(
    make: Make, home: Publication
) -> None:
    draft(home)
    (held,) = start(home)
    with unit_of_work():
        error = Finding("no-subject", Level.ERROR, "The subject is empty.", Mend.DIGEST)
        hold(digest=held, errors=[error], now=HOUR)
    make.article(publication=reload(home), found_at=HOUR)
    (made,) = draft(home, EARLY + DAY)
    assert [one.id for one in start(home, HOUR + DAY)] == [made.id]


def test_readers_of_their_own_hours_get_the_editors_digest(make: Make, home: Publication) -> None:
    left_out = make.article(publication=home, found_at=NOW)
    at_own_hour(make, home, 18)
    (made,) = draft(home)
    form = DraftForm(
        subject="Ports today",
        order=[one.id for one in carried_candidates(made, now=EARLY)],
        treatments={left_out.id: LEFT_OUT},
    )
    with unit_of_work():
        save_draft(digest=made, form=form, version=1, staff_id=7, now=EARLY)
    start(home)
    publish(made)
    (evening,) = start(home, HOUR.replace(hour=18))
    assert (evening.at_own_hours, evening.subject) == (True, "Ports today")
    carried = publish(evening, HOUR.replace(hour=18)).articles
    assert [one.article.title for one in carried] == ["Twelve ports"]


def test_while_a_draft_is_held_readers_of_their_own_hours_wait_for_it(
    make: Make, home: Publication
) -> None:
    reader = at_own_hour(make, home, 10)
    (made,) = draft(home)
    with unit_of_work():
        hold_draft(digest=made, now=EARLY)
    start(home)
    assert start(home, HOUR.replace(hour=10)) == []
    with unit_of_work():
        release_draft(digest=made, now=HOUR.replace(hour=11))
    assert publish(made, HOUR.replace(hour=11)).candidates == 2
    assert reload(reader).cursor == reload(home).last_position


def test_a_reader_of_the_same_hour_by_her_own_choice_is_counted_in_the_draft(
    make: Make, home: Publication
) -> None:
    at_own_hour(make, home, 8)
    (made,) = draft(home)
    start(home)
    assert publish(made).candidates == 2


def test_a_draft_by_hand_can_end_with_an_article(make: Make, home: Publication) -> None:
    later = make.article(publication=home, found_at=NOW)
    with unit_of_work():
        by_hand = draft_by_hand(
            publication_id=home.id, cadence=Cadence.DAILY, now=EARLY, upto=later.position - 1
        )
        send_now(digest=by_hand)
    assert [one.article.title for one in publish(by_hand, EARLY).articles] == ["Twelve ports"]
    assert waiting_drafts(home.id) == {}
    (at_the_hour,) = start(home)
    assert [one.article_id for one in publish(at_the_hour).articles] == [later.id]
