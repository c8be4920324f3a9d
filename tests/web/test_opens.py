"""The picture: the same for everybody, kept by nobody; and the press that allows it."""

import pytest
from flask.testing import FlaskClient

from newsletter.deliveries.opens import WAITING
from newsletter.extensions import db, redis
from newsletter.subscriptions import links
from newsletter.subscriptions.consent import history
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.opens_consent import opens_text
from newsletter.subscriptions.sign_models import SignOfLife
from newsletter.web.opens import PICTURE
from tests.factories import Make
from tests.house.test_reading import contents

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture
def reader(make: Make) -> Subscription:
    return make.subscription(publication=make.publication(name="The Harbour", counts_opens=True))


@pytest.fixture
def token(app: object) -> str:
    WAITING.quiet_until = 0.0
    return links.link_writer().open_url(delivery_id=7).rpartition("/")[2]


def page_of(reader: Subscription) -> str:
    return links.preferences_url(subscription_id=reader.id).removeprefix("http://localhost")


def consents(reader: Subscription) -> bool:
    db.session.rollback()
    return db.session.get(SignOfLife, reader.id) is not None


def test_it_is_one_point_without_cookie_and_kept_by_nobody(client: FlaskClient, token: str) -> None:
    before = contents()
    answer = client.get(f"/open/{token}", headers=BROWSER)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/gif", PICTURE)
    assert PICTURE[:10] == b"GIF89a\1\0\1\0"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    (noted,) = redis.lrange(WAITING.key, 0, -1)
    assert noted.split()[1:] == [b"7", b"person"]
    assert contents() == before


@pytest.mark.parametrize("kind", ["cut", "changed", "capital", "slash", "other purpose", "nothing"])
def test_a_wrong_token_gets_the_same_picture_and_changes_nothing(
    client: FlaskClient, reader: Subscription, token: str, kind: str
) -> None:
    wrong = {
        "cut": token[:-1],
        "changed": ("b" if token[-1] == "a" else "a").join([token[:-1], ""]),
        "capital": token.upper(),
        "slash": f"{token}/more",
        "other purpose": page_of(reader).rpartition("/")[2],
        "nothing": "x",
    }[kind]
    sound, other = (client.get(f"/open/{one}", headers=BROWSER) for one in (token, wrong))
    redis.lpop(WAITING.key)
    assert redis.llen(WAITING.key) == 0
    assert (other.status_code, other.data) == (sound.status_code, sound.data)
    assert dict(other.headers) == dict(sound.headers)


def test_a_head_request_is_noted_as_a_machines(client: FlaskClient, token: str) -> None:
    assert client.head(f"/open/{token}", headers=BROWSER).status_code == 200
    (noted,) = redis.lrange(WAITING.key, 0, -1)
    assert noted.endswith(b"machine")


def test_the_preference_page_asks_in_the_words_that_are_kept(
    client: FlaskClient, reader: Subscription
) -> None:
    page = client.get(page_of(reader)).text
    assert opens_text(reader.publication) in page
    assert "checked" not in page.partition('id="opens"')[2].partition("<hr>")[0]
    assert not consents(reader)


def test_one_press_allows_and_one_ends_it(client: FlaskClient, reader: Subscription) -> None:
    allowed = client.post(page_of(reader), data={"act": "allow_opens"})
    assert allowed.status_code == 200
    assert "You allow The Harbour" in allowed.text
    assert consents(reader)
    ended = client.post(page_of(reader), data={"act": "end_opens"})
    assert opens_text(reader.publication) in ended.text
    assert not consents(reader)


def test_a_publication_that_counts_nothing_does_not_ask(client: FlaskClient, make: Make) -> None:
    reader = make.subscription()
    assert 'id="opens"' not in client.get(page_of(reader)).text
    client.post(page_of(reader), data={"act": "allow_opens"})
    assert not consents(reader)


def test_a_ukrainian_reader_is_asked_in_her_words(client: FlaskClient, make: Make) -> None:
    home = make.publication(name="Гавань", counts_opens=True, languages="uk")
    reader = make.subscription(publication=home, language="uk")
    words = opens_text(home, language="uk")
    assert words != opens_text(home)
    assert words in client.get(page_of(reader)).text


def test_the_words_that_are_kept_are_those_of_the_page(client: FlaskClient, make: Make) -> None:
    home = make.publication(name="Гавань", counts_opens=True, languages="uk")
    reader = make.subscription(publication=home, language="en")
    asked = page_of(reader) + "?lang=uk"
    assert f'action="http://localhost{asked}"' in client.get(asked).text
    client.post(asked, data={"act": "allow_opens"})
    (step,) = history(subscription_id=reader.id)
    assert step.wording is not None
    assert step.wording.text == opens_text(home, language="uk")
