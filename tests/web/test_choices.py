"""Changes by a footer link and by a fresh one, and the page that sets them back."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.subscriptions import links, short_links
from newsletter.subscriptions.links import PreferencesLink
from newsletter.subscriptions.models import (
    AddressChange,
    AddressChangeState,
    Letter,
    LetterKind,
    Subscription,
    SubscriptionState,
)
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make, reload

HERE = "http://localhost"


@pytest.fixture
def reader(make: Make) -> Subscription:
    home = make.publication(name="The Harbour", languages="uk")
    reader: Subscription = make.subscription(publication=home, email="ann.miller@example.org")
    return reader


def footer_path(row: Subscription) -> str:
    return links.preferences_url(subscription_id=row.id).removeprefix(HERE)


def fresh_path(row: Subscription, *, age: timedelta = timedelta()) -> str:
    link = PreferencesLink(row.id, utc_now() - age)
    return links.url_of_preferences(link).removeprefix(HERE)


def way_back(letter_id: int) -> str:
    url = short_links.former_choices_url(letter_id=letter_id, now=utc_now())
    return url.removeprefix(HERE)


def letters() -> list[LetterKind]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Letter.kind)))


def in_a_month() -> str:
    return (utc_now() + timedelta(days=30)).date().isoformat()


@pytest.mark.parametrize(
    "data",
    [
        {"cadence": "weekly"},
        {"cadence": "daily", "language": "uk"},
        {"cadence": "daily", "hour": "23:00", "time_zone": ""},
        {"act": "pause", "until": in_a_month()},
    ],
)
def test_each_change_by_a_footer_link_is_told(
    client: FlaskClient, reader: Subscription, data: dict[str, str]
) -> None:
    page = client.get(footer_path(reader)).text
    assert "A mail tells your inbox of it" in page
    assert client.post(footer_path(reader), data=data).status_code == 200
    assert letters() == [LetterKind.CHOICES_CHANGED]


def test_a_consent_to_opens_by_a_footer_link_is_told(client: FlaskClient, make: Make) -> None:
    row = make.subscription(publication=make.publication(counts_opens=True))
    client.post(footer_path(row), data={"act": "allow_opens"})
    assert letters() == [LetterKind.CHOICES_CHANGED]


@pytest.mark.parametrize(
    "data",
    [
        {"cadence": "daily"},
        {"act": "resume"},
        {"act": "pause", "until": "2020-01-01"},
        {"cadence": "weekly", "hour": "25:00", "time_zone": ""},
        {"act": "end_opens"},
    ],
)
def test_what_changes_nothing_is_not_told(
    client: FlaskClient, reader: Subscription, data: dict[str, str]
) -> None:
    client.post(footer_path(reader), data=data)
    assert letters() == []


def test_looking_tells_nobody(client: FlaskClient, reader: Subscription) -> None:
    client.get(footer_path(reader))
    client.get(fresh_path(reader))
    assert letters() == []


def test_who_comes_from_her_mailbox_changes_what_she_likes_without_a_letter(
    client: FlaskClient, reader: Subscription
) -> None:
    page = client.post(fresh_path(reader), data={"cadence": "weekly"})
    assert "A mail tells your inbox of it" not in page.text
    assert reload(reader).cadence is Cadence.WEEKLY
    assert letters() == []


def test_a_fresh_link_is_a_footer_link_after_an_hour(
    client: FlaskClient, reader: Subscription
) -> None:
    path = fresh_path(reader, age=timedelta(minutes=61))
    assert "A mail tells your inbox of it" in client.get(path).text
    client.post(path, data={"cadence": "weekly"})
    assert reload(reader).cadence is Cadence.WEEKLY
    assert letters() == [LetterKind.CHOICES_CHANGED]


def test_a_fresh_link_is_a_footer_link_after_a_change_of_address(
    client: FlaskClient, reader: Subscription
) -> None:
    path = fresh_path(reader, age=timedelta(minutes=5))
    with unit_of_work() as session:
        session.add(
            AddressChange(
                subscription_id=reader.id,
                old_email="old@example.org",
                new_email=reader.subscriber.email,
                asked_at=utc_now(),
                changed_at=utc_now(),
                state=AddressChangeState.DONE,
            )
        )
    client.post(path, data={"cadence": "weekly"})
    assert letters() == [LetterKind.CHOICES_CHANGED]


def test_who_has_just_confirmed_chooses_by_a_fresh_link_and_who_looks_again_by_none(
    client: FlaskClient, make: Make
) -> None:
    row = make.subscription(state=SubscriptionState.PENDING, confirmed_at=None)
    path = links.confirm_url(subscription=row, now=utc_now()).removeprefix(HERE)
    (own,) = re.findall(rf'href="{HERE}(/preferences/[^"]+)"', client.post(path).text)
    assert links.read_preferences(own.rpartition("/")[2]).made_at is not None
    (again,) = re.findall(rf'href="{HERE}(/preferences/[^"]+)"', client.post(path).text)
    assert again == footer_path(row)


def test_the_page_of_her_own_data_leads_on_by_a_fresh_link(
    client: FlaskClient, reader: Subscription
) -> None:
    mailed_at = utc_now() - timedelta(minutes=30)
    data = short_links.my_data_url(subscription=reader, now=mailed_at).removeprefix(HERE)
    (own,) = re.findall(rf'href="{HERE}(/preferences/[^"]+)"', client.get(data).text)
    link = links.read_preferences(own.rpartition("/")[2])
    assert link == (reader.id, mailed_at.replace(microsecond=0)), "it ages with the letter"


def test_the_page_says_what_would_be_set_back_and_looking_changes_nothing(
    client: FlaskClient, reader: Subscription, make: Make
) -> None:
    former = make.former_choices(subscription=reader, sent_at=utc_now())
    page = client.get(way_back(former.letter_id)).text
    assert "now: every day at 08:00" in page
    assert "then again: as soon as an article appears" in page
    assert reload(reader).cadence is Cadence.DAILY
    for _ in range(2):
        answer = client.post(way_back(former.letter_id))
        assert answer.status_code == 200
        assert "Your choices are as they were" in answer.text
    assert reload(reader).cadence is Cadence.INSTANT
    assert letters() == [LetterKind.CHOICES_CHANGED], "the one there was"


def test_the_page_speaks_the_language_from_before_unless_another_is_asked_for(
    client: FlaskClient, reader: Subscription, make: Make
) -> None:
    former = make.former_choices(subscription=reader, language="uk", sent_at=utc_now())
    path = way_back(former.letter_id)
    assert "Повернути Ваш вибір?" in client.get(path).text
    assert "Set your choices back?" in client.get(f"{path}?lang=en").text


def test_a_link_too_late_says_so_and_shows_nobody_elses_page(
    client: FlaskClient, reader: Subscription, make: Make
) -> None:
    other = make.subscription()
    for _ in range(3):  # so that ids of letters and of subscriptions differ
        make.letter(subscription=other)
    former = make.former_choices(subscription=reader, sent_at=utc_now())
    then = utc_now() - timedelta(days=8)
    url = short_links.former_choices_url(letter_id=former.letter_id, now=then)
    answer = client.get(url.removeprefix(HERE))
    assert answer.status_code == 410
    assert footer_path(reader) in answer.text
    assert "The Harbour" in answer.text


def test_a_footer_link_tells_a_stranger_no_address_and_no_name(
    client: FlaskClient, reader: Subscription
) -> None:
    with unit_of_work() as session:
        session.get_one(Subscription, reader.id).subscriber.name = "Ann Miller"
    pages = [client.get(footer_path(reader)).text]
    pages.append(client.post(footer_path(reader), data={"act": "personal_link"}).text)
    pages.append(client.post(footer_path(reader), data={"cadence": "weekly"}).text)
    pages.append(client.post(footer_path(reader), data={"act": "pause", "until": "x"}).text)
    for page in pages:
        assert "a…@e….org" in page
        assert not re.search(r"miller|example\.org", page.replace("paper.example.org", ""), re.I)
