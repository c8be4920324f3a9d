"""Pages for readers lead to the other publications, and tell nobody which of them a reader has."""

import re
from datetime import time

from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions import short_links
from newsletter.subscriptions.links import PreferencesLink, url_of_preferences
from newsletter.subscriptions.models import Subscription, SubscriptionState
from tests.factories import Make
from tests.web.test_preferences import path as preferences_path

HEADING = "Other publications"


def my_data(client: FlaskClient, row: Subscription) -> str:
    url = short_links.my_data_url(subscription=row, now=utc_now())
    return client.get(url.removeprefix("http://localhost")).text


def others(page: str) -> str:
    """Return the section about the others, empty if the page has none."""
    found = re.search(r'<section class="others".*?</section>', page, re.DOTALL)
    return found[0] if found else ""


def signup_link(publication: Publication) -> str:
    return f'<a href="/p/{publication.slug}" aria-label="Subscribe to {publication.name}">'


def test_a_service_with_one_publication_speaks_of_no_others(
    client: FlaskClient, make: Make
) -> None:
    row = make.subscription()
    paths = ("/", f"/p/{row.publication.slug}", preferences_path(row))
    pages = [client.get(path).text for path in paths]
    assert not any(HEADING in page for page in [*pages, my_data(client, row)])


def test_the_preference_page_says_of_each_other_what_it_is_how_often_and_where(
    client: FlaskClient, make: Make
) -> None:
    row = make.subscription()
    weekly = make.publication(
        name="Ropes & Knots", tagline="All about rigging", default_cadence=Cadence.WEEKLY
    )
    plain = make.publication(site_url="https://cranes.example.org", send_at=time(17))
    section = others(client.get(preferences_path(row)).text)
    assert "Ropes &amp; Knots</bdi>" in section
    assert "All about rigging" in section
    assert "Every Monday at 08:00" in section
    assert f'<a href="/p/{weekly.slug}" aria-label="Subscribe to Ropes &amp; Knots">' in section
    assert "New articles from cranes.example.org" in section
    assert "Every day at 17:00" in section
    assert signup_link(plain) in section
    assert row.publication.name not in section


def test_the_preference_page_lists_them_alike_whichever_the_reader_has(
    client: FlaskClient, make: Make
) -> None:
    home, second, third = (make.publication() for _ in range(3))
    has_one, has_all = make.subscription(publication=home), make.subscription(publication=home)
    for other, state in ((second, SubscriptionState.CONFIRMED), (third, SubscriptionState.PENDING)):
        make.subscription(publication=other, subscriber=has_all.subscriber, state=state)
    seen = [others(client.get(preferences_path(row)).text) for row in (has_one, has_all)]
    assert seen[0] == seen[1]
    assert second.name in seen[0]
    assert third.name in seen[0]


def test_her_own_data_leads_to_the_choices_of_each_subscription_and_to_what_she_has_not(
    client: FlaskClient, make: Make
) -> None:
    row = make.subscription()
    also = make.subscription(subscriber=row.subscriber)
    ended = make.subscription(subscriber=row.subscriber, state=SubscriptionState.UNSUBSCRIBED)
    new = make.publication()
    page = my_data(client, row)
    for hers in (row, also):
        link = url_of_preferences(PreferencesLink(hers.id, None)).rpartition("/")[0]
        label = f'aria-label="Change what you get of {hers.publication.name}"'
        assert re.search(rf'<a href="{link}/[^"]+" {label}>', page)
        assert signup_link(hers.publication) not in page
    assert signup_link(ended.publication) in page
    assert ended.publication.name not in others(page)
    assert signup_link(new) in others(page)


def test_every_signup_page_lists_the_others_and_the_box_for_other_sites_none(
    client: FlaskClient, make: Make
) -> None:
    first, second = make.publication(), make.publication()
    front, page = client.get("/").text, client.get(f"/p/{second.slug}").text
    assert signup_link(second) in others(front)
    assert first.name not in others(front)
    assert f'<a href="/" aria-label="Subscribe to {first.name}">' in others(page)
    assert second.name not in others(page)
    assert front.index("</form>") < front.index(HEADING)
    assert HEADING not in client.get(f"/embed/{first.slug}").text


def test_the_list_speaks_the_language_of_the_page_and_keeps_it(
    client: FlaskClient, make: Make
) -> None:
    bilingual = {"language": "en", "languages": "uk"}
    row = make.subscription(publication=make.publication(**bilingual))
    other = make.publication(**bilingual)
    client.get(preferences_path(row))
    section = others(client.get(f"{preferences_path(row)}?lang=uk").text)
    assert "Інші видання" in section
    assert f'href="/p/{other.slug}?lang=uk"' in section
