"""The pages after leaving: undo for a minute, undo by mail, a reason if one likes."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.subscriptions import links, short_links
from newsletter.subscriptions.leave_reason_models import LeaveReasonCount
from newsletter.subscriptions.models import Letter, LetterKind, Subscription, SubscriptionState
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make, reload
from tests.web.test_subscriptions import ONE_CLICK, unsubscribe_path


def forms(page: str) -> list[str]:
    return re.findall(r'<form method="post" action="([^"]+)"', page)


def left(make: Make) -> Subscription:
    row: Subscription = make.subscription(state=SubscriptionState.UNSUBSCRIBED)
    return row


def letters() -> list[LetterKind]:
    return list(db.session.scalars(sa.select(Letter.kind)))


def test_the_page_after_leaving_undoes_it(client: FlaskClient, make: Make) -> None:
    row = make.subscription(cursor=3)
    undo, _ = forms(client.post(unsubscribe_path(row)).text)
    assert reload(row).state is SubscriptionState.UNSUBSCRIBED
    for _ in range(2):
        page = client.post(undo)
        assert page.status_code == 200
        assert "You are subscribed again" in page.text
    assert (reload(row).state, reload(row).cursor) == ("confirmed", 3)


def test_the_button_works_for_a_minute_and_then_says_how_to_go_on(
    client: FlaskClient, make: Make
) -> None:
    row = left(make)
    token = short_links.undo_token(subscription=row, now=utc_now() - timedelta(seconds=62))
    page = client.post(f"/undo/{token}")
    assert page.status_code == 410
    assert "Sign up" in page.text
    assert reload(row).state is SubscriptionState.UNSUBSCRIBED


def test_a_second_press_on_unsubscribe_offers_no_undo_for_what_was_done_before(
    client: FlaskClient, make: Make
) -> None:
    row = make.subscription()
    client.post(unsubscribe_path(row))
    assert forms(client.post(unsubscribe_path(row)).text) == []
    assert letters() == [LetterKind.LEFT]


def test_one_click_of_a_mail_program_is_followed_by_no_letter(
    client: FlaskClient, make: Make
) -> None:
    row = make.subscription()
    path = links.one_click_url(subscription_id=row.id)
    assert client.post(path.removeprefix("http://localhost"), data=ONE_CLICK).status_code == 200
    assert reload(row).state is SubscriptionState.UNSUBSCRIBED
    assert letters() == []


def test_who_posts_like_a_mail_program_to_the_link_in_the_words_of_a_mail_has_the_letter_sent(
    client: FlaskClient, make: Make
) -> None:
    client.post(unsubscribe_path(make.subscription()), data=ONE_CLICK)
    assert len(letters()) == 1


def test_the_address_in_the_header_shows_the_page_too(client: FlaskClient, make: Make) -> None:
    row = make.subscription()
    path = links.one_click_url(subscription_id=row.id)
    assert "Unsubscribe" in client.get(path.removeprefix("http://localhost")).text
    assert reload(row).state is SubscriptionState.CONFIRMED


def test_who_never_confirmed_is_not_brought_in_by_an_undo(client: FlaskClient, make: Make) -> None:
    row = make.subscription(state=SubscriptionState.PENDING, confirmed_at=None)
    assert forms(client.post(unsubscribe_path(row)).text) == []
    assert letters() == []


def test_the_link_in_the_letter_shows_a_button_first(client: FlaskClient, make: Make) -> None:
    row = left(make)
    path = short_links.undo_url(subscription=row, now=utc_now()).removeprefix("http://localhost")
    assert "Subscribe me again" in client.get(path).text
    assert reload(row).state is SubscriptionState.UNSUBSCRIBED
    client.post(path)
    assert reload(row).state is SubscriptionState.CONFIRMED


def test_a_reason_is_asked_after_leaving_and_counted_without_the_reader(
    client: FlaskClient, make: Make
) -> None:
    row = make.subscription()
    assert "Why did you leave?" not in client.get(unsubscribe_path(row)).text
    _, reason = forms(client.post(unsubscribe_path(row)).text)
    for _ in range(2):
        assert "Thank you" in client.post(reason, data={"reason": "too_many"}).text
    count = db.session.scalars(sa.select(LeaveReasonCount)).one()
    assert (count.reason, count.readers) == ("too_many", 1)


@pytest.mark.parametrize("data", [{}, {"reason": "x"}, {"reason": ["other", "too_many"]}])
def test_a_reason_that_is_none_is_refused(
    client: FlaskClient, make: Make, data: dict[str, str]
) -> None:
    _, reason = forms(client.post(unsubscribe_path(make.subscription())).text)
    assert client.post(reason, data=data).status_code == 400


def test_an_erased_reader_finds_the_neutral_page_and_her_mail_program_its_answer(
    client: FlaskClient, make: Make
) -> None:
    row = make.subscription(email="erased-5@erased.invalid")
    forged = client.get("/unsubscribe/forged")
    for answer in (client.get(unsubscribe_path(row)), client.post(unsubscribe_path(row))):
        assert (answer.status_code, answer.data) == (404, forged.data)
    assert client.post(unsubscribe_path(row), data=ONE_CLICK).status_code == 200


def test_unsubscribing_asks_for_nothing_else(client: FlaskClient, make: Make) -> None:
    """Neither a second publication nor the data of the reader is touched."""
    reader = make.subscriber()
    one, other = (make.subscription(subscriber=reader) for _ in range(2))
    undo, reason = forms(client.post(unsubscribe_path(one)).text)
    client.post(reason, data={"reason": "other"})
    client.post(undo)
    with unit_of_work() as session:
        assert session.get_one(Subscription, other.id).reason_round == 0
