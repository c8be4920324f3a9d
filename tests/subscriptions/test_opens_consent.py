"""Consent to opens: nobody's at the start, a step of evidence, gone with all that was kept."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import months_before
from newsletter.subscriptions.come_back import come_back
from newsletter.subscriptions.consent import RequestEvidence, history
from newsletter.subscriptions.erase import erase_subscriber
from newsletter.subscriptions.models import ConsentStep, Source, Subscription, SubscriptionState
from newsletter.subscriptions.opens_consent import allow_opens, end_opens, opens_text
from newsletter.subscriptions.own_data import own_data
from newsletter.subscriptions.preferences import change_preferences
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.subscriptions.signs import forget_needless_signs, see, sign_of
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make

HERSELF = RequestEvidence(Source.MAIL_LINK, page="https://a.example.org/preferences")
LATER = NOW + timedelta(days=40)


@pytest.fixture
def reader(make: Make) -> Subscription:
    return make.subscription(publication=make.publication(counts_opens=True))


def allow(reader: Subscription, *, now: datetime = NOW) -> bool:
    with unit_of_work() as session:
        row = session.get_one(Subscription, reader.id)
        return allow_opens(subscription=row, language="en", request=HERSELF, now=now)


def sign(reader: Subscription) -> SignOfLife | None:
    db.session.rollback()
    db.session.expire_all()
    return sign_of(reader)


def last_sign(reader: Subscription) -> date | None:
    found = sign(reader)
    return found.last_sign_on if found else None


def test_nobody_has_consented_until_she_presses(reader: Subscription) -> None:
    assert sign(reader) is None
    assert allow(reader)
    assert last_sign(reader) == NOW.date()
    assert not allow(reader, now=LATER)
    assert last_sign(reader) == NOW.date()


def test_the_consent_is_a_step_with_the_words_she_saw(reader: Subscription) -> None:
    allow(reader)
    (step,) = history(subscription_id=reader.id)
    assert (step.step, step.source) == (ConsentStep.OPENS_ALLOWED, Source.MAIL_LINK)
    assert step.wording is not None
    assert step.wording.text == opens_text(reader.publication)
    assert step.wording.publication_id == reader.publication_id


def test_taking_it_back_deletes_what_was_kept_and_says_so(reader: Subscription) -> None:
    allow(reader)
    with unit_of_work():
        assert end_opens(subscription=reader, request=HERSELF, now=LATER)
    assert sign(reader) is None
    assert [one.step for one in history(subscription_id=reader.id)] == [
        ConsentStep.OPENS_ALLOWED,
        ConsentStep.OPENS_ENDED,
    ]
    with unit_of_work():
        assert not end_opens(subscription=reader, request=HERSELF, now=LATER)
    assert len(history(subscription_id=reader.id)) == 2


@pytest.mark.parametrize("state", [SubscriptionState.PENDING, SubscriptionState.UNSUBSCRIBED])
def test_only_a_confirmed_reader_can_allow_it(make: Make, state: SubscriptionState) -> None:
    reader = make.subscription(publication=make.publication(counts_opens=True), state=state)
    assert not allow(reader)
    assert sign(reader) is None


def test_a_publication_that_counts_nothing_keeps_no_consent(make: Make) -> None:
    reader = make.subscription()
    assert not allow(reader)
    assert sign(reader) is None
    assert history(subscription_id=reader.id) == []


def test_it_ends_with_the_subscription_and_does_not_come_back_with_it(
    reader: Subscription,
) -> None:
    allow(reader)
    with unit_of_work():
        unsubscribe(subscription=reader, request=HERSELF, now=LATER)
    assert sign(reader) is None
    with unit_of_work():
        come_back(subscription=reader, round=2, request=HERSELF, now=LATER)
    assert sign(reader) is None


def test_an_erased_reader_leaves_no_sign(make: Make, reader: Subscription) -> None:
    make.sign(subscription=reader)
    email = reader.subscriber.email
    with unit_of_work():
        erase_subscriber(email=email, now=LATER)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SignOfLife)) == 0


def test_what_she_changes_herself_is_a_sign_and_what_staff_change_is_none(
    reader: Subscription,
) -> None:
    allow(reader)
    for source, expected in ((Source.STAFF, NOW.date()), (Source.MAIL_LINK, LATER.date())):
        cadence = Cadence.WEEKLY if source is Source.STAFF else Cadence.MONTHLY
        with unit_of_work():
            change_preferences(
                subscription=reader,
                cadence=cadence,
                topics=(),
                request=RequestEvidence(source),
                now=LATER,
            )
        assert last_sign(reader) == expected


def test_a_sign_never_goes_back_and_answers_the_question(make: Make, reader: Subscription) -> None:
    make.sign(subscription=reader, last_sign_on=LATER.date(), asked_at=LATER, ends_unanswered=True)
    with unit_of_work():
        see(subscription_ids=[reader.id], day=NOW.date())
    found = sign(reader)
    assert found is not None
    assert found.last_sign_on == LATER.date()
    assert (found.asked_at, found.ends_unanswered) == (None, False)


def test_who_did_not_consent_is_not_seen(make: Make, reader: Subscription) -> None:
    with unit_of_work():
        see(subscription_ids=[reader.id], day=LATER.date())
    assert sign(reader) is None


def test_her_own_data_says_what_is_kept(make: Make, reader: Subscription) -> None:
    assert own_data(reader.subscriber)["subscriptions"][0]["opens"] is None
    make.sign(subscription=reader)
    db.session.expire_all()
    assert own_data(reader.subscriber)["subscriptions"][0]["opens"] == {
        "allowed_at": NOW.isoformat(),
        "last_sign_of_life_on": "2026-03-02",
        "asked_whether_still_wanted_at": None,
    }


def test_what_is_kept_goes_when_counting_ends_or_the_consent_lapses(make: Make) -> None:
    on, off = make.publication(counts_opens=True), make.publication()
    kept, gone, lapsed = (
        make.subscription(publication=one, email=f"{name}@example.org")
        for one, name in ((on, "kept"), (off, "gone"), (on, "lapsed"))
    )
    for one in (kept, gone):
        make.sign(subscription=one)
    make.sign(subscription=lapsed, last_sign_on=date(2023, 3, 1))
    with unit_of_work():
        assert forget_needless_signs(now=NOW) == 2
    assert [sign(one) is not None for one in (kept, gone, lapsed)] == [True, False, False]
    with unit_of_work() as session:
        session.get_one(Publication, on.id).counts_opens = False
        forget_needless_signs(now=NOW)
    assert sign(kept) is None


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 3, 2), 3, date(2025, 12, 2)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
    ],
)
def test_months_are_counted_by_the_calendar(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before
