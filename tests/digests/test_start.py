"""Starting digests: each slot once, an outage made up for once, instant ones with new articles."""

from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.models import ArticleState
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.publish import NO_ARTICLES, NO_READERS, freeze
from newsletter.digests.start import WrongDigestState, draft_by_hand, send_now, start_due
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload


def start(publication: Publication, now: datetime) -> list[Digest]:
    with unit_of_work():
        return start_due(publication_id=publication.id, now=now)


def freeze_all(now: datetime) -> None:
    for digest_id in db.session.scalars(sa.select(Digest.id)).all():
        with unit_of_work():
            freeze(digest_id=digest_id, now=now)


def test_a_slot_is_started_once_however_often_the_clock_asks(make: Make) -> None:
    publication = make.publication(created_at=NOW - timedelta(days=30))
    first = start(publication, NOW)
    assert {digest.cadence for digest in first} == {Cadence.DAILY, Cadence.WEEKLY, Cadence.MONTHLY}
    assert start(publication, NOW + timedelta(minutes=1)) == []


def test_a_publication_younger_than_the_slot_does_not_make_up_for_it(make: Make) -> None:
    assert start(make.publication(created_at=NOW), NOW) == []


def test_after_three_days_of_outage_one_digest_is_started(make: Make) -> None:
    publication = make.publication(created_at=NOW - timedelta(days=1))
    start(publication, NOW)
    later = start(publication, NOW + timedelta(days=3, hours=1))
    assert [(one.cadence, one.slot.date()) for one in later] == [
        (Cadence.DAILY, (NOW + timedelta(days=3)).date())
    ]


def test_a_later_hour_set_after_the_digest_went_brings_no_second_one_that_day(make: Make) -> None:
    publication = make.publication(created_at=NOW - timedelta(hours=12))
    start(publication, NOW)
    with unit_of_work() as session:
        session.get_one(Publication, publication.id).send_at = time(11, 0)
    assert start(publication, NOW.replace(hour=12)) == []
    assert len(start(publication, NOW + timedelta(days=1, hours=3))) == 1


@pytest.mark.parametrize("month", [3, 10])
def test_a_digest_at_half_past_two_in_kyiv_runs_once_on_the_days_the_clocks_change(
    make: Make, month: int
) -> None:
    day = {3: 29, 10: 25}[month]
    begin = datetime(2026, month, day, tzinfo=UTC) - timedelta(hours=12)
    publication = make.publication(
        time_zone="Europe/Kyiv", send_at=time(2, 30), created_at=begin - timedelta(days=2)
    )
    started = []
    for minutes in range(0, 24 * 60, 5):  # the scheduler asks all day and night
        found = start(publication, begin + timedelta(minutes=minutes))
        started += [one for one in found if one.cadence is Cadence.DAILY]
    assert len(started) == 2, "the slot before, made up for at the first look, and the one that day"
    assert abs(started[1].slot - started[0].slot - timedelta(days=1)) <= timedelta(hours=1)


def test_an_instant_digest_starts_with_a_new_article_and_only_once(make: Make) -> None:
    publication = make.publication(created_at=NOW)
    make.subscription(publication=publication, cadence=Cadence.INSTANT)
    assert start(publication, NOW) == []
    make.article(publication=publication)
    assert [one.cadence for one in start(publication, NOW)] == [Cadence.INSTANT]
    assert start(publication, NOW + timedelta(seconds=5)) == []
    make.article(publication=publication)
    assert len(start(publication, NOW + timedelta(seconds=10))) == 1


def test_a_digest_without_articles_is_cancelled_and_says_so(make: Make) -> None:
    publication = make.publication(created_at=NOW - timedelta(days=1))
    make.subscription(publication=publication)
    make.article(publication=publication, state=ArticleState.KNOWN)
    digest = start(publication, NOW)[0]
    freeze_all(NOW)
    assert (reload(digest).state, reload(digest).reason) == (DigestState.CANCELLED, NO_ARTICLES)


def test_a_digest_nobody_is_due_for_is_cancelled_unless_it_feeds_the_archive(make: Make) -> None:
    publication = make.publication(
        created_at=NOW - timedelta(days=32), default_cadence=Cadence.DAILY, monthly_day=2
    )
    make.article(publication=publication, found_at=NOW - timedelta(hours=1))
    started = {one.cadence: one for one in start(publication, NOW)}
    freeze_all(NOW)
    assert reload(started[Cadence.DAILY]).state is DigestState.SENDING
    assert reload(started[Cadence.WEEKLY]).reason == NO_READERS


def test_a_draft_waits_until_somebody_sends_it(make: Make) -> None:
    publication = make.publication()
    with unit_of_work():
        draft = draft_by_hand(publication_id=publication.id, cadence=Cadence.DAILY, now=NOW)
    with unit_of_work():
        assert freeze(digest_id=draft.id, now=NOW) is DigestState.DRAFT
    with unit_of_work():
        send_now(digest=draft)
    assert reload(draft).state is DigestState.SCHEDULED
    with pytest.raises(WrongDigestState), unit_of_work():
        send_now(digest=draft)


def test_two_digests_of_one_minute_have_different_addresses(make: Make) -> None:
    publication = make.publication()
    for seconds in (0, 1):
        with unit_of_work():
            draft_by_hand(
                publication_id=publication.id,
                cadence=Cadence.DAILY,
                now=NOW + timedelta(seconds=seconds),
            )
    slugs = list(db.session.scalars(sa.select(Digest.slug)))
    assert len(set(slugs)) == 2
