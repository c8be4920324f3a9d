"""What the pages that come in a rush ask the database: mail scanners' links, signups."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.subscriptions import links
from newsletter.subscriptions.models import Subscription
from tests.factories import Make

LINKS: dict[str, Callable[[Subscription], str]] = {
    "confirm": lambda reader: links.confirm_url(subscription=reader, now=utc_now()),
    "unsubscribe": lambda reader: links.unsubscribe_url(subscription_id=reader.id),
    "preferences": lambda reader: links.preferences_url(subscription_id=reader.id),
}


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the first words of every statement but those that begin a transaction."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            found.append(" ".join(statement.split()[:3]))

    db.session.remove()
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("kind", LINKS)
def test_a_link_of_a_mail_is_opened_by_reading_once(
    client: FlaskClient, make: Make, kind: str
) -> None:
    path = LINKS[kind](make.subscription()).removeprefix("http://localhost")
    client.get(path)  # which is the first, and the others, are known now
    with statements() as found:
        assert client.get(path).status_code == 200
    assert len(found) == (2 if kind == "preferences" else 1), "the topics to choose from"
    assert all(statement.startswith("SELECT") for statement in found)


def test_the_other_publications_are_asked_for_once_for_all_who_come_at_the_same_time(
    client: FlaskClient, make: Make
) -> None:
    home = make.publication()
    elsewhere, *paths = (
        LINKS["preferences"](row).removeprefix("http://localhost")
        for row in (make.subscription(), *(make.subscription(publication=home) for _ in range(2)))
    )
    client.get(elsewhere)  # which publication is the first is asked once
    asked = []
    for path in paths:
        with statements() as found:
            assert home.name in client.get(path).text
        asked.append(len(found))
    assert asked == [3, 2]


def test_a_signup_is_noted_by_few_statements_and_answered_without_any(
    client: FlaskClient, make: Make
) -> None:
    slug = make.publication().slug
    client.post("/subscribe", data={"email": "ben@example.org", "publication": slug})
    with statements() as found:
        client.post("/subscribe", data={"email": "ann@example.org", "publication": slug})
    written = [one.split()[2] for one in found if one.startswith("INSERT")]
    assert written == ["subscribers", "subscriptions", "letter_shares", "consent_events", "letters"]
    assert len(found) - len(written) == 4
    assert found[-1] == "INSERT INTO letters"


def test_a_page_of_a_second_publication_leads_to_its_own_places(
    client: FlaskClient, make: Make
) -> None:
    first, second = make.publication(), make.publication()
    for publication, home in ((first, "/"), (second, f"/p/{second.slug}"), (first, "/")):
        page = client.get(f"/p/{publication.slug}").text
        assert f'<a class="masthead-name" href="{home}">' in page
