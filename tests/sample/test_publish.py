"""A fresh installation has lived: readers, digests and mails that the real operations made."""

import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from newsletter.articles.models import Article, ArticleState, Feed
from newsletter.config import Settings
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.progress import progress
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.start import start_due
from newsletter.digests.upcoming import upcoming
from newsletter.extensions import db
from newsletter.mail.outbox import list_mails
from newsletter.publications.find import default_publication
from newsletter.publications.models import Cadence, Publication
from newsletter.sample import feed as sample
from newsletter.sample.publish import next_title, prepare, publish_next
from newsletter.subscriptions.consent import history
from newsletter.subscriptions.growth import growth
from newsletter.subscriptions.models import (
    ConsentStep,
    Letter,
    LetterState,
    Subscription,
    SubscriptionState,
)
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make

NOW = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)


Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def lived_outbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the mails of a prepared database are kept; each test begins with an empty outbox."""
    return tmp_path_factory.mktemp("lived") / "outbox"


@pytest.fixture(scope="module")
def lived(_migrated_app: Flask, session_settings: Settings, lived_outbox: Path) -> Rows:
    """The rows of a prepared database; to live through sixty days takes seconds, so only once."""
    shutil.rmtree(session_settings.outbox_dir, ignore_errors=True)
    tables = db.metadata.sorted_tables
    with _migrated_app.app_context():
        assert prepare(now=NOW) == "IRIA News"
        rows = {
            table.name: [dict(row) for row in db.session.execute(sa.select(table)).mappings()]
            for table in tables
        }
        with unit_of_work() as session:
            for table in reversed(tables):
                session.execute(table.delete())
    session_settings.outbox_dir.rename(lived_outbox)
    return rows


@pytest.fixture
def publication(app: Flask, lived: Rows) -> Publication:
    """The sample publication as it was prepared."""
    with unit_of_work() as session:
        for table in db.metadata.sorted_tables:
            if lived[table.name]:
                session.execute(sa.insert(table), lived[table.name])
    found = default_publication()
    assert found is not None
    return found


@pytest.fixture
def settings(app: Flask) -> Settings:
    found: Settings = app.extensions["settings"]
    return found


def all_of(model: Any) -> list[Any]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(model).order_by(model.id)))


def feed() -> Feed:
    found = sample.connected_feed()
    assert found is not None
    return found


def publish() -> str | None:
    with unit_of_work():
        return publish_next(now=NOW + timedelta(minutes=1))


def test_readers_of_every_state_and_cadence_have_a_history(publication: Publication) -> None:
    readers = all_of(Subscription)
    assert len(readers) == 60
    assert {reader.state for reader in readers} == set(SubscriptionState)
    assert {reader.cadence for reader in readers} == set(Cadence)
    assert all(reader.subscriber.email.split("@")[1].startswith("example.") for reader in readers)
    confirmed = next(one for one in readers if one.state is SubscriptionState.CONFIRMED)
    events = history(subscription_id=confirmed.id)
    steps = [event.step for event in events]
    assert steps[:3] == [
        ConsentStep.SIGNED_UP,
        ConsentStep.CONFIRMATION_SENT,
        ConsentStep.CONFIRMED,
    ]
    assert all(event.at <= NOW for event in events)
    assert {letter.state for letter in all_of(Letter)} == {LetterState.SENT}


def test_the_number_of_readers_grew_day_by_day(publication: Publication) -> None:
    days = growth(publication.id, 90, now=NOW)
    assert len(days) == 61
    assert days[5].confirmed < days[30].confirmed < days[-1].confirmed
    assert (days[-1].pending, days[-1].unsubscribed) == (5, 6)


def test_the_weekly_digest_went_out_and_three_articles_wait_for_the_next(
    publication: Publication, settings: Settings
) -> None:
    weekly = next(
        one
        for one in all_of(Digest)
        if one.cadence is Cadence.WEEKLY and one.state is DigestState.SENT
    )
    assert len(weekly.articles) == 5
    told = progress(weekly, now=NOW)
    assert told.done
    assert told.sent == told.candidates > 10
    waiting = upcoming(publication=publication, cadence=Cadence.WEEKLY, now=NOW)
    assert len(waiting.articles) == 3
    assert waiting.readers > 10
    daily = upcoming(publication=publication, cadence=Cadence.DAILY, now=NOW)
    assert len(daily.articles) == 1


def test_each_mail_that_was_sent_of_late_lies_in_the_outbox(
    publication: Publication, lived_outbox: Path
) -> None:
    sent = [one for one in all_of(Delivery) if one.state is DeliveryState.SENT]
    recipients = Counter(mail.to for mail in list_mails(lived_outbox, 1000))
    for one in sent:
        assert recipients[one.subscription.subscriber.email] > 0
    confirmations = sum(recipients.values()) - len(sent)
    assert 0 < confirmations < 60
    assert max(mail.date for mail in list_mails(lived_outbox, 1000)) <= NOW


def test_nothing_is_due_right_after_the_preparation(publication: Publication) -> None:
    with unit_of_work():
        assert start_due(publication_id=publication.id, now=NOW) == []


def test_readers_can_choose_topics_and_articles_carry_them(publication: Publication) -> None:
    assert len(publication.offered_topics) == 8
    articles = all_of(Article)
    assert len(articles) == 8
    assert all(len(article.topics) == 2 for article in articles)
    assert {article.state for article in articles} == {ArticleState.OPEN}


def test_a_second_preparation_changes_nothing(publication: Publication) -> None:
    before = len(all_of(Delivery))
    assert prepare(now=NOW + timedelta(days=1)) is None
    assert len(all_of(Publication)) == 1
    assert len(all_of(Delivery)) == before


def test_nothing_is_prepared_beside_a_publication_or_where_mail_leaves(
    make: Make, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    relayed = settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"})
    monkeypatch.setitem(app.extensions, "settings", relayed)
    assert prepare(now=NOW) is None
    monkeypatch.setitem(app.extensions, "settings", settings)
    make.publication(slug="own")
    assert prepare(now=NOW) is None
    assert [one.slug for one in all_of(Publication)] == ["own"]


def test_the_next_articles_appear_one_by_one_and_instant_readers_are_due(
    publication: Publication,
) -> None:
    title = next_title()
    assert publish() == title
    newest = all_of(Article)[-1]
    assert (newest.title, newest.state) == (title, ArticleState.OPEN)
    with unit_of_work():
        started = start_due(publication_id=publication.id, now=NOW + timedelta(minutes=2))
        assert [one.cadence for one in started] == [Cadence.INSTANT]
    assert publish() is not None
    assert next_title() is None
    assert publish() is None
    assert len(all_of(Article)) == 10


def test_the_feed_has_what_is_published_and_says_when_nothing_changed(
    publication: Publication, client: FlaskClient
) -> None:
    first = client.get("/dev/sample-feed.xml")
    assert first.data.count(b"<item>") == 8
    assert first.headers["ETag"] == feed().etag  # a poll finds it not modified
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/dev/sample-feed.xml", headers=tag).status_code == 304
    publish()
    second = client.get("/dev/sample-feed.xml", headers=tag)
    assert second.status_code == 200
    assert second.data.count(b"<item>") == 9


def test_the_site_shows_an_article_once_it_is_published(
    publication: Publication, client: FlaskClient
) -> None:
    link = all_of(Article)[0].link.removeprefix("http://localhost")
    page = client.get(link)
    assert page.status_code == 200
    assert "sample" in page.text.casefold()
    assert client.get("/dev/site/").text.count('class="headline"') == 8
    last = "/dev/site/keeping-seabed-cables-whole-is-mostly-a-matter-of-paperwork"
    assert client.get(last).status_code == 404
    publish()
    publish()
    assert client.get(last).status_code == 200


def test_the_button_publishes_and_a_foreign_form_does_not(
    publication: Publication, client: FlaskClient
) -> None:
    assert client.post("/dev/sample/publish").status_code == 403
    assert len(all_of(Article)) == 8
    page = client.get("/dev/outbox").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/dev/sample/publish", data={"csrf_token": token})
    assert (answer.status_code, answer.location) == (303, "/dev/outbox")
    assert len(all_of(Article)) == 9


def test_without_the_sample_there_is_no_feed_no_site_and_no_button(
    app: Flask, client: FlaskClient
) -> None:
    for address in ("/dev/sample-feed.xml", "/dev/site/", "/dev/site/some"):
        assert client.get(address).status_code == 404
    assert "sample-publish" not in client.get("/dev/outbox").text
    assert publish() is None
