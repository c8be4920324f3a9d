"""Attacks on the links in mails: each purpose against each door."""

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog
from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.subscriptions import links
from newsletter.subscriptions.erase import erase_subscriber
from newsletter.subscriptions.gate_tokens import write_stamp, write_ticket
from newsletter.subscriptions.models import Subscription, SubscriptionState
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make, reload

Token = Callable[[Subscription], str]


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


TOKENS: dict[str, Token] = {
    "confirm": lambda one: token_of(links.confirm_url(subscription=one, now=utc_now())),
    "unsubscribe": lambda one: token_of(links.unsubscribe_url(subscription_id=one.id)),
    "preferences": lambda one: token_of(links.preferences_url(subscription_id=one.id)),
}
#: What else we sign, and opens none of these doors.
OTHERS: dict[str, Token] = {
    "stamp": lambda _: write_stamp(now=utc_now()),
    "ticket": lambda _: write_ticket(spelling="a" * 64, network="", now=utc_now()),
}
DOORS = {"confirm": {}, "unsubscribe": {"List-Unsubscribe": "One-Click"}, "preferences": {}}


def standing(one: Subscription) -> tuple[object, ...]:
    row = reload(one)
    return row.state, row.cadence, row.round, row.confirmed_at, row.unsubscribed_at


@pytest.fixture
def pending(make: Make) -> Subscription:
    return make.subscription(state=SubscriptionState.PENDING, confirmed_at=None)


@pytest.mark.parametrize(
    ("purpose", "door"),
    [(purpose, door) for purpose in (*TOKENS, *OTHERS) for door in DOORS if purpose != door],
)
def test_a_token_opens_no_door_but_its_own(
    client: FlaskClient, pending: Subscription, purpose: str, door: str
) -> None:
    before = standing(pending)
    token = {**TOKENS, **OTHERS}[purpose](pending)
    assert client.get(f"/{door}/{token}").status_code == 404
    assert client.post(f"/{door}/{token}", data=DOORS[door]).status_code == 404
    assert standing(pending) == before


@pytest.mark.parametrize("purpose", TOKENS)
def test_a_token_with_one_character_changed_left_out_or_doubled_is_not_found(
    client: FlaskClient, pending: Subscription, purpose: str
) -> None:
    before = standing(pending)
    token = TOKENS[purpose](pending)
    for place in range(len(token)):
        other = "b" if token[place] != "b" else "c"
        for broken in (
            token[:place] + other + token[place + 1 :],
            token[:place] + token[place + 1 :],
            token[:place] + token[place] + token[place:],
        ):
            if broken != token:
                answer = client.post(f"/{purpose}/{broken}", data=DOORS[purpose])
                assert answer.status_code == 404, broken
    assert standing(pending) == before


@pytest.mark.parametrize("purpose", TOKENS)
def test_the_seal_of_another_reader_fits_no_other_body(
    client: FlaskClient, make: Make, purpose: str
) -> None:
    mine, hers = make.subscription(), make.subscription()
    body = TOKENS[purpose](hers).rpartition("-")[0]
    seal = TOKENS[purpose](mine).rpartition("-")[2]
    assert client.post(f"/{purpose}/{body}-{seal}", data=DOORS[purpose]).status_code == 404
    assert reload(hers).state is SubscriptionState.CONFIRMED


@pytest.mark.parametrize("purpose", TOKENS)
def test_a_seal_has_128_bits_at_least(pending: Subscription, purpose: str) -> None:
    assert len(TOKENS[purpose](pending).rpartition("-")[2]) * 5 >= 128


def test_a_replayed_confirmation_says_so_and_an_expired_one_too(
    client: FlaskClient, pending: Subscription
) -> None:
    old = token_of(links.confirm_url(subscription=pending, now=utc_now() - timedelta(days=8)))
    assert client.post(f"/confirm/{old}").status_code == 410
    token = TOKENS["confirm"](pending)
    assert "You are subscribed" in client.post(f"/confirm/{token}").text
    for _ in range(2):
        assert "already confirmed" in client.post(f"/confirm/{token}").text
    client.post(f"/unsubscribe/{TOKENS['unsubscribe'](pending)}")
    assert client.post(f"/confirm/{token}").status_code == 410
    assert reload(pending).state is SubscriptionState.UNSUBSCRIBED


def test_an_erased_reader_is_brought_back_by_no_link(client: FlaskClient, make: Make) -> None:
    reader = make.subscription(email="ann@example.org", state=SubscriptionState.PENDING)
    tokens = {purpose: token(reader) for purpose, token in TOKENS.items()}
    with unit_of_work():
        erase_subscriber(email="ann@example.org", now=utc_now())
    for purpose, token in tokens.items():
        answer = client.post(f"/{purpose}/{token}", data=DOORS[purpose])
        assert "ann@" not in answer.text
        assert reload(reader).state is SubscriptionState.UNSUBSCRIBED, purpose


def test_a_token_stands_in_no_log_no_referrer_and_no_other_page(
    client: FlaskClient, pending: Subscription
) -> None:
    written = io.StringIO()
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(written))
    try:
        for purpose, token in TOKENS.items():
            secret = token(pending)
            for answer in (
                client.get(f"/{purpose}/{secret}"),
                client.post(f"/{purpose}/{secret}", data=DOORS[purpose]),
                client.post(f"/{purpose}/{secret}x"),
            ):
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                elsewhere = re.findall(r'(?:href|src)="(https?://[^"]+)"', answer.text)
                assert not [address for address in elsewhere if secret in address]
                seal = secret.rpartition("-")[2]
                assert seal not in written.getvalue()
    finally:
        structlog.configure(**before)
