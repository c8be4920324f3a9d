"""The language of pages: asked for, chosen, the browser's, the publication's."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from newsletter.extensions import db
from newsletter.languages import spoken
from newsletter.publications.models import Publication
from newsletter.subscriptions import links
from newsletter.subscriptions.models import (
    ConsentEvent,
    ConsentStep,
    Subscription,
    SubscriptionState,
)
from tests.factories import NOW, Make, reload

UKRAINIAN = {"Accept-Language": "uk-UA,uk;q=0.9,en;q=0.5"}


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(languages="uk")


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """What a page spoke is forgotten with its request."""
    yield
    assert spoken() == "en"


def language_of(page: str) -> str:
    """Return the language that a page says it is in."""
    return page.split('<html lang="', 1)[1].split('"', 1)[0]


@pytest.mark.parametrize(
    ("address", "headers", "language"),
    [
        ("/", {}, "en"),
        ("/", UKRAINIAN, "uk"),
        ("/?lang=uk", {}, "uk"),
        ("/?lang=uk-UA", {}, "uk"),
        ("/?lang=en", UKRAINIAN, "en"),
        ("/?lang=tlh", UKRAINIAN, "uk"),
        ("/", {"Accept-Language": "fr, *;q=0.1"}, "en"),
        ("/no-such-page", UKRAINIAN, "uk"),
    ],
)
def test_a_page_speaks_what_is_asked_for_then_what_the_browser_wants(
    client: FlaskClient, paper: Publication, address: str, headers: dict[str, str], language: str
) -> None:
    assert language_of(client.get(address, headers=headers).text) == language


def test_a_publication_of_one_language_speaks_only_that(client: FlaskClient, make: Make) -> None:
    make.publication(language="uk")
    page = client.get("/?lang=en", headers={"Accept-Language": "en"})
    assert language_of(page.text) == "uk"
    assert "Підписатися" in page.text
    assert "Accept-Language" not in page.headers.get("Vary", "")
    assert 'class="languages"' not in page.text


def test_caches_are_told_where_the_browser_decides(client: FlaskClient, paper: Publication) -> None:
    assert "Accept-Language" in client.get("/archive/").headers["Vary"]
    assert "Accept-Language" not in client.get("/archive/?lang=uk").headers.get("Vary", "")


def test_a_language_asked_for_stays_from_page_to_page(
    client: FlaskClient, paper: Publication
) -> None:
    page = client.get("/archive/?lang=uk&page=2").text
    assert 'href="/topics/?lang=uk"' in page
    assert '<input type="hidden" name="lang" value="uk">' in page
    assert 'href="/archive/?page=2&amp;lang=en" lang="en" hreflang="en">English</a>' in page
    assert "lang=uk" not in client.get("/archive/", headers=UKRAINIAN).text.split("languages")[0]


def test_a_signup_keeps_the_language_of_its_page(client: FlaskClient, paper: Publication) -> None:
    answer = client.post("/subscribe?lang=uk", data={"email": "reader@example.org"})
    assert "Перевірте поштову скриньку" in answer.text
    subscription = db.session.scalars(sa.select(Subscription)).one()
    assert subscription.language == "uk"
    event = db.session.scalars(
        sa.select(ConsentEvent).where(ConsentEvent.step == ConsentStep.SIGNED_UP)
    ).one()
    assert event.wording is not None
    assert event.wording.language == "uk"
    assert event.wording.text.startswith("Прошу надсилати мені")


@pytest.mark.parametrize(
    "data", [{"email": "reader@example.org", "lang": "uk"}, {"email": "nobody", "lang": "uk"}]
)
def test_a_form_on_another_site_names_its_language(
    client: FlaskClient, paper: Publication, data: dict[str, str]
) -> None:
    assert language_of(client.post("/subscribe", data=data).text) == "uk"


def test_json_is_answered_in_its_language(client: FlaskClient, paper: Publication) -> None:
    answer = client.post("/subscribe", json={"email": "nobody", "lang": "uk"})
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"].startswith("Введіть електронну адресу")


@pytest.mark.parametrize("path", ["confirm", "unsubscribe", "preferences"])
def test_links_in_mails_open_pages_in_the_readers_language(
    client: FlaskClient, make: Make, paper: Publication, path: str
) -> None:
    state = SubscriptionState.PENDING if path == "confirm" else SubscriptionState.CONFIRMED
    reader = make.subscription(publication=paper, language="uk", state=state)
    urls = {
        "confirm": links.confirm_url(subscription=reader, now=NOW.replace(year=2100)),
        "unsubscribe": links.unsubscribe_url(subscription_id=reader.id),
        "preferences": links.preferences_url(subscription_id=reader.id),
    }
    page = client.get(urls[path], headers={"Accept-Language": "en"})
    assert language_of(page.text) == "uk"


def test_a_reader_chooses_her_language_and_reads_the_answer_in_it(
    client: FlaskClient, make: Make, paper: Publication
) -> None:
    reader = make.subscription(publication=paper)
    url = links.preferences_url(subscription_id=reader.id)
    assert '<input type="radio" name="language" value="uk">' in client.get(url).text
    page = client.post(url, data={"cadence": "daily", "language": "uk"})
    assert "Збережено." in page.text
    assert reload(reader).language == "uk"
    client.post(url, data={"cadence": "daily"})
    assert reload(reader).language == "uk"


def test_a_language_that_is_not_offered_is_refused(
    client: FlaskClient, make: Make, paper: Publication
) -> None:
    reader = make.subscription(publication=paper)
    url = links.preferences_url(subscription_id=reader.id)
    assert client.post(url, data={"cadence": "daily", "language": "de"}).status_code == 400
    assert reload(reader).language == "en"


def test_a_language_without_words_is_laid_out_from_its_side(
    client: FlaskClient, make: Make
) -> None:
    article = make.article(publication=make.publication(language="ar"))
    page = client.get(f"/articles/{article.slug}").text
    assert '<html lang="en" dir="rtl">' in page
    assert 'lang="ar">2 مارس 2026</time>' in page


def test_staff_read_english(client: FlaskClient, paper: Publication) -> None:
    page = client.get("/admin/sign-in?lang=uk", headers=UKRAINIAN, follow_redirects=True)
    assert "Будь ласка" not in page.text
    assert "Sign in" in page.text


def test_counts_take_the_form_that_goes_with_them(
    client: FlaskClient, make: Make, paper: Publication
) -> None:
    for minutes in (1, 3, 11):
        make.article(publication=paper, title="Harbour", reading_minutes=minutes)
    page = client.get("/search?q=harbour&lang=uk").text
    assert "3 статті" in page
    for words in ("1 хвилина читання", "3 хвилини читання", "11 хвилин читання"):
        assert words in page
    assert "2 березня 2026" in page
