"""Every kind of link under attack: each opens one thing, whole or not at all, and tells nobody."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import structlog
from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.subscriptions import links, short_links
from newsletter.subscriptions.erase import erase_subscriber
from newsletter.subscriptions.gate_tokens import write_stamp, write_ticket
from newsletter.subscriptions.models import (
    AddressChange,
    AddressChangeState,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make, reload
from tests.house.contents import contents

DATA = {"email": "x@example.net", "reason": "other", "cadence": "weekly"}

#: What each kind of link is for, and for how long it works (none: for ever).
LIVES = {
    "confirm": timedelta(days=7),
    "unsubscribe": None,
    "preferences": None,
    "undo": timedelta(days=7),
    "reason": timedelta(hours=1),
    "my-data": timedelta(minutes=60),
    "new-address": timedelta(hours=24),
    "old-address": timedelta(days=7),
    "keep": None,
    "former-choices": timedelta(days=7),
}
KINDS = tuple(LIVES)
READABLE = [kind for kind in KINDS if kind != "reason"]

#: What else we sign, and is no link.
NO_LINKS: dict[str, Callable[[], str]] = {
    "stamp": lambda: write_stamp(now=utc_now()),
    "ticket": lambda: write_ticket(spelling="a" * 64, network="", now=utc_now()),
}

Tokens = Callable[..., dict[str, str]]


@pytest.fixture
def tokens(make: Make) -> Tokens:
    """Genuine tokens of every kind, each with something that it would change."""
    home = make.publication()
    waiting = make.subscription(publication=home, state=SubscriptionState.PENDING)
    gone = make.subscription(publication=home, state=SubscriptionState.UNSUBSCRIBED)
    reader, moved = (make.subscription(publication=home) for _ in range(2))

    make.sign(subscription=reader, asked_at=utc_now())
    former = make.former_choices(subscription=reader)

    def made(age: timedelta = timedelta()) -> dict[str, str]:
        then = utc_now() - age
        asked, done = changes(reader, moved, then)
        urls = {
            "confirm": links.confirm_url(subscription=waiting, now=then),
            "unsubscribe": links.unsubscribe_url(subscription_id=reader.id),
            "preferences": links.preferences_url(subscription_id=reader.id),
            "undo": short_links.undo_url(subscription=gone, now=then),
            "reason": "/" + short_links.reason_token(subscription=gone, now=then),
            "my-data": short_links.my_data_url(subscription=reader, now=then),
            "new-address": short_links.new_address_url(change=asked),
            "old-address": short_links.old_address_url(change=done),
            "keep": links.keep_url(subscription=reader),
            "former-choices": short_links.former_choices_url(letter_id=former.letter_id, now=then),
        }
        return {kind: url.rpartition("/")[2] for kind, url in urls.items()}

    return made


def changes(
    reader: Subscription, moved: Subscription, then: object
) -> tuple[AddressChange, AddressChange]:
    asked = AddressChange(
        subscription_id=reader.id,
        old_email=reader.subscriber.email,
        new_email="there@example.net",
        asked_at=then,
    )
    done = AddressChange(
        subscription_id=moved.id,
        old_email="before@example.net",
        new_email=moved.subscriber.email,
        asked_at=then,
        changed_at=then,
        state=AddressChangeState.DONE,
    )
    with unit_of_work() as session:
        session.add_all([asked, done])
    return asked, done


def acts(kind: str, token: str) -> list[str]:
    """Return the addresses to which the forms of a page are sent."""
    own = [f"/my-data/{token}/erase", f"/my-data/{token}/address"]
    return own if kind == "my-data" else [f"/{kind}/{token}"]


def attempts(client: FlaskClient, kind: str, token: str) -> list[int]:
    """Use a token in every way that its page knows; return the statuses."""
    answers = [client.post(one, data=DATA).status_code for one in acts(kind, token)]
    if kind in READABLE:
        answers.append(client.get(f"/{kind}/{token}").status_code)
    return answers


@pytest.mark.parametrize("kind", KINDS)
def test_one_bit_flipped_opens_nothing_and_changes_nothing(
    client: FlaskClient, tokens: Tokens, kind: str
) -> None:
    token = tokens()[kind]
    before = contents()
    for place, sign in enumerate(token):
        flipped = chr(ord(sign) ^ (1 << place % 5))
        if flipped in "/?#%\\" or not flipped.isprintable():
            flipped = "x" if sign != "x" else "y"
        broken = token[:place] + flipped + token[place + 1 :]
        for act in acts(kind, broken):
            assert client.post(act, data=DATA).status_code == 404, broken
    assert contents() == before


@pytest.mark.parametrize("kind", KINDS)
def test_one_character_left_out_or_doubled_opens_nothing_and_changes_nothing(
    client: FlaskClient, tokens: Tokens, kind: str
) -> None:
    token = tokens()[kind]
    before = contents()
    for place, sign in enumerate(token):
        for broken in (token[:place] + token[place + 1 :], token[:place] + sign + token[place:]):
            for act in acts(kind, broken):
                assert client.post(act, data=DATA).status_code == 404, broken
    assert contents() == before


def test_the_seal_of_one_reader_fits_no_other_body(client: FlaskClient, make: Make) -> None:
    mine, hers = (
        links.unsubscribe_url(subscription_id=make.subscription().id).rpartition("/")[2]
        for _ in range(2)
    )
    swapped = f"{hers.rpartition('-')[0]}-{mine.rpartition('-')[2]}"
    before = contents()
    assert set(attempts(client, "unsubscribe", swapped)) == {404}
    assert contents() == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_seal_has_128_bits_at_least(tokens: Tokens, kind: str) -> None:
    assert len(tokens()[kind].rpartition("-")[2]) * 5 >= 128


@pytest.mark.parametrize("other", NO_LINKS)
def test_what_else_we_sign_opens_no_page(client: FlaskClient, tokens: Tokens, other: str) -> None:
    tokens()
    before = contents()
    for kind in KINDS:
        assert set(attempts(client, kind, NO_LINKS[other]())) == {404}, f"{other} as {kind}"
    assert contents() == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_of_one_purpose_opens_no_other_page(
    client: FlaskClient, tokens: Tokens, kind: str
) -> None:
    token = tokens()[kind]
    before = contents()
    for other in KINDS:
        if other != kind:
            assert set(attempts(client, other, token)) == {404}, f"{kind} as {other}"
    assert contents() == before


@pytest.mark.parametrize("kind", [kind for kind, life in LIVES.items() if life])
def test_a_token_whose_time_is_over_says_so_and_changes_nothing(
    client: FlaskClient, tokens: Tokens, kind: str
) -> None:
    life = LIVES[kind]
    assert life
    token = tokens(life + timedelta(seconds=2))[kind]
    before = contents()
    assert set(attempts(client, kind, token)) == {410}
    assert contents() == before


@pytest.mark.parametrize("kind", ["unsubscribe", "preferences", "keep"])
def test_the_links_of_a_footer_never_expire(client: FlaskClient, tokens: Tokens, kind: str) -> None:
    assert client.get(f"/{kind}/{tokens()[kind]}").status_code == 200


@pytest.mark.parametrize(
    "kind", ["confirm", "unsubscribe", "undo", "new-address", "old-address", "keep"]
)
def test_a_token_used_twice_does_its_work_once(
    client: FlaskClient, tokens: Tokens, kind: str
) -> None:
    token = tokens()[kind]
    assert client.post(f"/{kind}/{token}").status_code == 200
    after = contents()
    assert client.post(f"/{kind}/{token}").status_code == 200
    assert contents() == after


def test_a_confirmation_of_before_she_left_brings_nobody_back(
    client: FlaskClient, make: Make
) -> None:
    reader = make.subscription(state=SubscriptionState.PENDING, confirmed_at=None)
    address = f"/confirm/{links.confirm_url(subscription=reader, now=utc_now()).rpartition('/')[2]}"
    assert "You are subscribed" in client.post(address).text
    assert "already confirmed" in client.post(address).text
    leave = links.unsubscribe_url(subscription_id=reader.id).rpartition("/")[2]
    client.post(f"/unsubscribe/{leave}")
    assert client.post(address).status_code == 410
    assert reload(reader).state is SubscriptionState.UNSUBSCRIBED


@pytest.mark.parametrize("kind", KINDS)
def test_an_erased_reader_is_brought_back_and_shown_by_no_link(
    client: FlaskClient, tokens: Tokens, kind: str
) -> None:
    token = tokens()[kind]
    everybody = db.session.scalars(sa.select(Subscriber.email)).all()
    with unit_of_work():
        for email in everybody:
            erase_subscriber(email=email, now=utc_now())
    answers = [client.post(act, data=DATA) for act in acts(kind, token)]
    answers.append(client.get(f"/{kind}/{token}"))
    assert not [email for email in everybody for one in answers if email in one.text]
    states = db.session.scalars(sa.select(Subscription.state)).all()
    assert set(states) == {SubscriptionState.UNSUBSCRIBED}


@pytest.mark.parametrize("kind", KINDS)
def test_a_deleted_reader_and_a_forged_token_get_the_same_page(
    client: FlaskClient, tokens: Tokens, kind: str
) -> None:
    token = tokens()[kind]
    with unit_of_work() as session:
        session.query(Subscription).delete()
    forged = client.get("/confirm/forged").data
    answers = [client.post(act, data=DATA) for act in acts(kind, token)]
    if kind in READABLE:
        answers.append(client.get(f"/{kind}/{token}"))
    assert {(one.status_code, one.data) for one in answers} == {(404, forged)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_stands_in_no_log_and_goes_to_no_other_site(
    client: FlaskClient, tokens: Tokens, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = tokens()[kind]
    with structlog.testing.capture_logs() as lines, caplog.at_level("DEBUG"):
        answers = [client.get(f"/{kind}/{token}"), client.get(f"/{kind}/{token[:-1]}")]
        answers += [client.put(f"/{kind}/{token}")]
        answers += [client.post(act, data=DATA) for act in acts(kind, token)]
    assert token not in repr(lines) + caplog.text
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        elsewhere = re.findall(r'(?:href|src)="(https?://[^"]+)"', answer.text)
        assert not [address for address in elsewhere if token in address]
        assert "noindex" in answer.headers["X-Robots-Tag"]
    for metric in ("/readyz", "/healthz"):
        assert token not in client.get(metric).text
