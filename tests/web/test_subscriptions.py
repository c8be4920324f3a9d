"""The pages behind links in mails: every state of every link, and one click to leave."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.subscriptions import links
from newsletter.subscriptions.models import (
    ConsentEvent,
    ConsentStep,
    Source,
    Subscription,
    SubscriptionState,
)
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import Audience, declared_access
from tests.factories import Make, reload

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def confirm_path(subscription: Subscription, age: timedelta = timedelta()) -> str:
    return path(links.confirm_url(subscription=subscription, now=utc_now() - age))


def unsubscribe_path(subscription: Subscription) -> str:
    return path(links.unsubscribe_url(subscription_id=subscription.id))


def preferences_path(subscription: Subscription) -> str:
    return path(links.preferences_url(subscription_id=subscription.id))


def path(url: str) -> str:
    return url.removeprefix("http://localhost")


def pending(make: Make) -> Subscription:
    return make.subscription(state=SubscriptionState.PENDING, confirmed_at=None)


def events() -> list[ConsentEvent]:
    return list(db.session.scalars(sa.select(ConsentEvent).order_by(ConsentEvent.id)))


def test_opening_a_confirmation_link_shows_a_button_and_confirms_nothing(
    client: FlaskClient, make: Make
) -> None:
    subscription = pending(make)
    page = client.get(confirm_path(subscription))
    assert page.status_code == 200
    assert '<form method="post">' in page.text
    assert reload(subscription).state is SubscriptionState.PENDING


def test_the_button_confirms_and_the_page_says_when_the_first_mail_comes(
    client: FlaskClient, make: Make
) -> None:
    subscription = pending(make)
    page = client.post(confirm_path(subscription))
    assert page.status_code == 200
    assert "You are subscribed" in page.text
    assert "08:00 (UTC)" in page.text
    assert reload(subscription).state is SubscriptionState.CONFIRMED
    assert [(each.step, each.source) for each in events()] == [
        (ConsentStep.CONFIRMED, Source.MAIL_LINK)
    ]


def test_a_reader_of_single_articles_is_not_told_an_hour(client: FlaskClient, make: Make) -> None:
    subscription = make.subscription(state=SubscriptionState.PENDING, cadence=Cadence.INSTANT)
    assert "as soon as it appears" in client.post(confirm_path(subscription)).text


def test_a_repeated_click_says_already_confirmed(client: FlaskClient, make: Make) -> None:
    link = confirm_path(pending(make))
    client.post(link)
    for again in (client.post(link), client.get(link)):
        assert again.status_code == 200
        assert "already confirmed" in again.text
    assert len(events()) == 1


def test_evidence_of_what_is_done_by_a_link_names_its_page_and_never_its_token(
    client: FlaskClient, make: Make
) -> None:
    link = confirm_path(pending(make))
    client.post(link, headers={"Referer": f"http://localhost{link}"})
    (event,) = events()
    assert event.page == "http://localhost/confirm"


def test_a_link_from_before_leaving_does_not_bring_a_reader_back(
    client: FlaskClient, make: Make
) -> None:
    subscription = pending(make)
    old = confirm_path(subscription)
    client.post(unsubscribe_path(subscription))
    for answer in (client.get(old), client.post(old)):
        assert answer.status_code == 410
        assert "no longer counts" in answer.text
    assert reload(subscription).state is SubscriptionState.UNSUBSCRIBED


@pytest.mark.parametrize("page", ["confirm", "unsubscribe", "preferences"])
@pytest.mark.parametrize("token", ["x", "b394-1-abc", "-", "%00", "a" * 3000, "é", "1-1-1-1"])
def test_a_link_that_is_not_ours_leads_nowhere(
    client: FlaskClient, make: Make, page: str, token: str
) -> None:
    make.publication()
    for answer in (client.get(f"/{page}/{token}"), client.post(f"/{page}/{token}")):
        assert answer.status_code == 404
        assert "leads nowhere" in answer.text


def test_a_link_with_any_bit_flipped_changes_nothing(client: FlaskClient, make: Make) -> None:
    subscription = make.subscription()
    link = unsubscribe_path(subscription)
    start = len("/unsubscribe/")
    for place in range(start, len(link)):
        for bit in range(7):
            sign = chr(ord(link[place]) ^ (1 << bit))
            if sign in "/?#%\x00\\" or not sign.isprintable():
                continue
            flipped = link[:place] + sign + link[place + 1 :]
            assert client.post(flipped).status_code == 404, flipped
    assert reload(subscription).state is SubscriptionState.CONFIRMED


def test_a_link_of_one_purpose_opens_no_other(client: FlaskClient, make: Make) -> None:
    subscription = make.subscription()
    token = unsubscribe_path(subscription).removeprefix("/unsubscribe/")
    assert client.get(f"/preferences/{token}").status_code == 404
    assert client.post(f"/confirm/{token}").status_code == 404
    token = preferences_path(subscription).removeprefix("/preferences/")
    assert client.post(f"/unsubscribe/{token}").status_code == 404
    assert reload(subscription).state is SubscriptionState.CONFIRMED


def test_a_deleted_reader_and_a_forged_link_get_the_same_page(
    client: FlaskClient, make: Make
) -> None:
    publication = make.publication()
    subscription = make.subscription(publication=publication)
    paths = [confirm_path(subscription), unsubscribe_path(subscription)]
    with unit_of_work() as session:
        session.delete(session.merge(subscription))
    forged = client.get("/confirm/forged")
    for gone in paths:
        for answer in (client.get(gone), client.post(gone)):
            assert (answer.status_code, answer.data) == (404, forged.data)


def test_opening_the_unsubscribe_page_changes_nothing(client: FlaskClient, make: Make) -> None:
    subscription = make.subscription()
    page = client.get(unsubscribe_path(subscription))
    assert "Press the button" in page.text
    assert reload(subscription).state is SubscriptionState.CONFIRMED


def test_the_button_unsubscribes_and_pressing_again_changes_nothing(
    client: FlaskClient, make: Make
) -> None:
    subscription = make.subscription()
    for _ in range(2):
        page = client.post(unsubscribe_path(subscription))
        assert page.status_code == 200
        assert "You are unsubscribed" in page.text
    assert reload(subscription).state is SubscriptionState.UNSUBSCRIBED
    assert [each.source for each in events()] == [Source.MAIL_LINK]
    assert "unsubscribed already" in client.get(unsubscribe_path(subscription)).text


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_one_click_unsubscribes_without_cookie_or_redirect(
    client: FlaskClient, make: Make, content_type: str
) -> None:
    subscription = make.subscription()
    for _ in range(2):
        answer = client.post(
            unsubscribe_path(subscription), data=ONE_CLICK, content_type=content_type
        )
        assert answer.status_code == 200
        assert answer.mimetype == "text/plain"
        assert "Set-Cookie" not in answer.headers
    assert reload(subscription).state is SubscriptionState.UNSUBSCRIBED
    assert [each.source for each in events()] == [Source.ONE_CLICK]


def test_one_click_ends_this_subscription_and_no_other(client: FlaskClient, make: Make) -> None:
    reader = make.subscriber()
    one = make.subscription(subscriber=reader)
    other = make.subscription(subscriber=reader)
    client.post(unsubscribe_path(one), data=ONE_CLICK)
    assert reload(other).state is SubscriptionState.CONFIRMED


def test_preferences_show_and_keep_what_the_reader_chooses(client: FlaskClient, make: Make) -> None:
    publication = make.publication()
    europe = make.topic(publication=publication, name="Europe")
    make.topic(publication=publication, name="Asia")
    subscription = make.subscription(publication=publication, cadence=Cadence.DAILY)
    link = preferences_path(subscription)
    assert 'value="daily" checked' in client.get(link).text
    saved = client.post(link, data={"cadence": "weekly", "topics": "europe"})
    assert saved.status_code == 200
    assert "Saved" in saved.text
    assert 'value="weekly" checked' in saved.text
    assert 'value="europe" checked' in saved.text
    assert reload(subscription).cadence is Cadence.WEEKLY
    assert reload(subscription).topics == {europe.id}


@pytest.mark.parametrize(
    "choice",
    [{"cadence": "hourly"}, {"cadence": ["daily", "weekly"]}, {"topics": "nothing"}],
)
def test_choices_that_are_not_offered_are_refused(
    client: FlaskClient, make: Make, choice: dict[str, str]
) -> None:
    subscription = make.subscription(cadence=Cadence.DAILY)
    assert client.post(preferences_path(subscription), data=choice).status_code == 400
    assert reload(subscription).cadence is Cadence.DAILY


@pytest.mark.parametrize("state", [SubscriptionState.PENDING, SubscriptionState.UNSUBSCRIBED])
def test_without_a_confirmed_subscription_there_is_nothing_to_change(
    client: FlaskClient, make: Make, state: SubscriptionState
) -> None:
    subscription = make.subscription(state=state, cadence=Cadence.DAILY)
    link = preferences_path(subscription)
    for answer in (client.get(link), client.post(link, data={"cadence": "weekly"})):
        assert "no subscription to change" in answer.text
    assert reload(subscription).cadence is Cadence.DAILY
    assert reload(subscription).state is state


def test_every_page_behind_a_token_is_kept_by_nobody_and_tells_nobody(
    app: Flask, client: FlaskClient, make: Make
) -> None:
    behind_tokens = [
        rule.rule.replace("<token>", "forged")
        for rule in app.url_map.iter_rules()
        if (access := declared_access(app, rule.endpoint))
        and access.audience is Audience.TOKEN_HOLDER
    ]
    assert "/my-data/forged/download" in behind_tokens
    subscription = make.subscription()
    paths = [
        confirm_path(subscription),
        confirm_path(subscription, age=timedelta(days=8)),
        unsubscribe_path(subscription),
        preferences_path(subscription),
        *behind_tokens,
    ]
    for each in paths:
        for answer in (client.get(each), client.head(each), client.post(each)):
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert "noindex" in answer.headers["X-Robots-Tag"]


def test_looking_is_not_acting(client: FlaskClient, make: Make) -> None:
    subscription = pending(make)
    confirmed = make.subscription()
    for each in (
        confirm_path(subscription),
        unsubscribe_path(confirmed),
        preferences_path(confirmed),
    ):
        assert client.head(each).status_code == 200
        assert client.get(each).status_code == 200
    assert events() == []
    assert reload(subscription).state is SubscriptionState.PENDING
    assert reload(confirmed).state is SubscriptionState.CONFIRMED
