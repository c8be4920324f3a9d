"""The preference page: hour and zone, pause and resume; what is refused is not lost."""

from datetime import time, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.publications.schedule import Hours
from newsletter.subscriptions import links
from newsletter.subscriptions.models import ConsentEvent, Subscription, SubscriptionState
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make, reload

TOKYO = {"hour": "18:00", "time_zone": "Asia/Tokyo"}


@pytest.fixture
def reader(make: Make) -> Subscription:
    home = make.publication(time_zone="Europe/Kyiv", send_at=time(8))
    make.topic(publication=home, name="Europe")
    make.topic(publication=home, name="Asia")
    return make.subscription(publication=home, cadence=Cadence.DAILY)


def path(subscription: Subscription) -> str:
    url = links.preferences_url(subscription_id=subscription.id)
    return url.removeprefix("http://localhost")


def own_hours(subscription: Subscription) -> Hours | None:
    own = reload(subscription).own_hours
    return own.hours if own else None


def test_the_page_offers_the_publications_hour_and_those_of_ones_own(
    client: FlaskClient, reader: Subscription
) -> None:
    page = client.get(path(reader)).text
    assert f"The hour of {reader.publication.name}, 08:00" in page
    assert page.count("<option>") == 24
    assert '<optgroup label="Asia">' in page
    assert '<option value="America/Argentina/Buenos_Aires">Argentina, Buenos Aires</option>' in page


def test_an_hour_of_ones_own_is_kept_and_shown(client: FlaskClient, reader: Subscription) -> None:
    saved = client.post(path(reader), data={"cadence": "daily", **TOKYO})
    assert saved.status_code == 200
    assert "(Tokyo time)" in saved.text, "the next mail is told by her clock"
    assert own_hours(reader) == Hours(time(18), "Asia/Tokyo")
    page = client.get(path(reader)).text
    assert "<option selected>18:00</option>" in page
    assert '<option value="Asia/Tokyo" selected>Tokyo</option>' in page
    assert "Every day at 18:00" in page


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ({"hour": "18:00", "time_zone": ""}, Hours(time(18), "Europe/Kyiv")),
        ({"hour": "", "time_zone": "Asia/Tokyo"}, Hours(time(8), "Asia/Tokyo")),
        ({"hour": "", "time_zone": "Europe/Kyiv"}, None),
        ({"hour": "08:00", "time_zone": "Europe/Kyiv"}, Hours(time(8), "Europe/Kyiv")),
        ({"hour": "02:30", "time_zone": "Asia/Kolkata"}, Hours(time(2, 30), "Asia/Kolkata")),
    ],
)
def test_what_is_left_empty_is_as_the_publication_has_it(
    client: FlaskClient, reader: Subscription, typed: dict[str, str], hours: Hours | None
) -> None:
    assert client.post(path(reader), data=typed).status_code == 200
    assert own_hours(reader) == hours


def test_empty_fields_bring_back_the_publications_hour_and_missing_ones_change_nothing(
    client: FlaskClient, reader: Subscription
) -> None:
    client.post(path(reader), data=TOKYO)
    client.post(path(reader), data={"cadence": "weekly"})
    assert own_hours(reader) == Hours(time(18), "Asia/Tokyo")
    client.post(path(reader), data={"hour": "", "time_zone": ""})
    assert own_hours(reader) is None


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"hour": "25:00", "time_zone": "Asia/Tokyo"}, "hour", "cannot be used"),
        ({"hour": "noon", "time_zone": ""}, "hour", "cannot be used"),
        ({"hour": "18:00", "time_zone": "Asia/Tokio"}, "time-zone", "did you mean Asia/Tokyo?"),
        ({"hour": "18:00", "time_zone": "../../etc/passwd"}, "time-zone", "no time zone"),
    ],
)
def test_a_choice_that_cannot_be_used_is_refused_at_its_field_and_nothing_is_lost(
    client: FlaskClient, reader: Subscription, typed: dict[str, str], field: str, sentence: str
) -> None:
    choices = {"cadence": "weekly", "topics": "asia", **typed}
    answer = client.post(path(reader), data=choices)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert sentence in answer.text
    assert 'value="weekly" checked' in answer.text, "what was typed stands there still"
    assert 'value="asia" checked' in answer.text
    kept = reload(reader)
    assert (kept.cadence, kept.topics, kept.own_hours) == (Cadence.DAILY, frozenset(), None)


def test_a_pause_keeps_mail_back_until_the_day_and_can_be_ended(
    client: FlaskClient, reader: Subscription
) -> None:
    day = utc_now().date() + timedelta(days=20)
    paused = client.post(path(reader), data={"act": "pause", "until": day.isoformat()})
    assert paused.status_code == 200
    assert f"Nothing comes before {day:%B} {day.day}, {day.year}" in paused.text
    assert reload(reader).paused_until is not None
    assert "Resume now" in client.get(path(reader)).text
    resumed = client.post(path(reader), data={"act": "resume"})
    assert "Resume now" not in resumed.text
    assert reload(reader).paused_until is None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ConsentEvent)) == 2


@pytest.mark.parametrize("until", ["", "tomorrow", "2020-01-01", "9999-12-31", "2026-02-31"])
def test_a_pause_until_no_usable_day_is_refused_at_its_field(
    client: FlaskClient, reader: Subscription, until: str
) -> None:
    answer = client.post(path(reader), data={"act": "pause", "until": until})
    assert answer.status_code == 400
    assert 'id="until-error"' in answer.text
    assert "<title>Error: Your preferences</title>" in answer.text
    assert "<h1>Your preferences</h1>" in answer.text
    assert f'value="{until}"' in answer.text
    assert reload(reader).paused_until is None


def test_pausing_leaves_every_other_choice_as_it_was(
    client: FlaskClient, reader: Subscription
) -> None:
    client.post(path(reader), data={"cadence": "weekly", "topics": "asia", **TOKYO})
    day = utc_now().date() + timedelta(days=20)
    client.post(path(reader), data={"act": "pause", "until": day.isoformat()})
    kept = reload(reader)
    assert kept.cadence is Cadence.WEEKLY
    assert len(kept.topics) == 1
    assert own_hours(reader) == Hours(time(18), "Asia/Tokyo")


@pytest.mark.parametrize("act", ["pause", "resume"])
def test_who_has_left_has_nothing_to_pause(
    client: FlaskClient, reader: Subscription, act: str
) -> None:
    with unit_of_work() as session:
        session.get_one(Subscription, reader.id).state = SubscriptionState.UNSUBSCRIBED
    day = utc_now().date() + timedelta(days=20)
    answer = client.post(path(reader), data={"act": act, "until": day.isoformat()})
    assert "no subscription to change" in answer.text
    assert reload(reader).paused_until is None


def test_the_confirmation_says_the_hour_of_the_first_mail_by_the_publications_clock(
    client: FlaskClient, make: Make
) -> None:
    home = make.publication(time_zone="Europe/Kyiv")
    pending = make.subscription(
        publication=home, state=SubscriptionState.PENDING, confirmed_at=None
    )
    url = links.confirm_url(subscription=pending, now=utc_now()).removeprefix("http://localhost")
    assert "08:00 (Kyiv time)" in client.post(url).text
