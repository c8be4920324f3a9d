"""The overview answers its five questions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from redis.exceptions import ConnectionError as RedisAway

from newsletter import heartbeat
from newsletter.articles.models import ArticleState
from newsletter.clock import utc_now
from newsletter.deliveries.models import Batch, BatchState, Delivery, DeliveryState
from newsletter.digests.drafts import draft_ahead
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import redis
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    LetterState,
    SubscriptionState,
)
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import add_evening_reader, words

Enter = Callable[..., Browser]


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(name="The Harbour", created_at=utc_now() - timedelta(days=20))


@pytest.fixture
def worker_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that showed itself a moment ago."""
    monkeypatch.setattr(heartbeat, "last", lambda queue: utc_now())


def store(row: Any) -> Any:
    with unit_of_work() as session:
        session.add(row)
    return row


def digest(paper: Publication, state: DigestState, **fields: Any) -> Digest:
    now = utc_now()
    values: dict[str, Any] = {
        "cadence": Cadence.DAILY,
        "slot": now - timedelta(hours=1),
        "slug": f"d-{state.value}",
        "subject": "Twelve ports",
        "position_from": 0,
        "position_upto": 1,
        "created_at": now - timedelta(hours=1),
        "published_at": now - timedelta(hours=1),
    }
    return store(Digest(publication_id=paper.id, state=state, **values | fields))


def letter(make: Make, paper: Publication, state: LetterState, *, age: timedelta) -> None:
    reader = make.subscription(publication=paper, state=SubscriptionState.PENDING)
    moment = utc_now() - age
    store(
        Letter(
            kind=LetterKind.CONFIRMATION,
            subscription_id=reader.id,
            state=state,
            requested_at=moment,
            next_attempt_at=moment,
        )
    )


def test_without_a_publication_it_says_what_to_do(staff_room: Enter) -> None:
    assert "flask publications create" in staff_room().get("/admin/").text


@pytest.mark.usefixtures("worker_alive")
def test_nothing_wrong_is_said_plainly(viewer: Browser) -> None:
    assert "Everything is running." in viewer.get("/admin/").text


def test_a_queue_that_is_away_is_trouble_and_the_page_still_opens(
    viewer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_queue: object) -> None:
        raise RedisAway

    monkeypatch.setattr(heartbeat, "last", away)
    page = viewer.get("/admin/").text
    assert "The queue does not answer" in page
    assert "Everything is running." not in page


def test_a_worker_for_letters_alone_is_trouble(viewer: Browser) -> None:
    heartbeat.give(redis, now=utc_now(), queues=["letters"])
    page = viewer.get("/admin/").text
    assert "No worker takes from these queues: digests, upkeep, articles, deliveries" in page
    heartbeat.give(redis, now=utc_now())
    assert "No worker" not in viewer.get("/admin/").text


def test_a_silent_worker_is_trouble(viewer: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "last", lambda _queue: utc_now() - timedelta(minutes=7))
    page = viewer.get("/admin/").text
    assert "No worker is running: the last one was seen 7 min ago" in page
    assert "celery -A workers worker" in page


@pytest.mark.usefixtures("worker_alive")
def test_letters_that_nobody_takes_are_trouble(
    viewer: Browser, make: Make, paper: Publication
) -> None:
    letter(make, paper, LetterState.QUEUED, age=timedelta(seconds=20))
    assert "Letters wait:" not in viewer.get("/admin/").text
    letter(make, paper, LetterState.QUEUED, age=timedelta(minutes=30))
    assert "Letters wait: 2 letters, the oldest due for 30 min" in viewer.get("/admin/").text


@pytest.mark.usefixtures("worker_alive")
def test_failed_letters_are_told_for_a_day(viewer: Browser, make: Make, paper: Publication) -> None:
    letter(make, paper, LetterState.FAILED, age=timedelta(days=2))
    assert "failed within" not in viewer.get("/admin/").text
    letter(make, paper, LetterState.FAILED, age=timedelta(hours=2))
    assert "1 letter failed within the last day" in viewer.get("/admin/").text


@pytest.mark.usefixtures("worker_alive")
def test_a_feed_is_trouble_after_three_failures(
    viewer: Browser, make: Make, paper: Publication
) -> None:
    make.feed(publication=paper, title="Harbour feed", failures_in_a_row=2)
    assert "cannot be read" not in viewer.get("/admin/").text
    make.feed(publication=paper, title="Quay feed", failures_in_a_row=3, last_error="It said 503.")
    page = viewer.get("/admin/").text
    assert "The feed Quay feed cannot be read" in page
    gone = {"disabled": True, "failures_in_a_row": 3}
    make.feed(publication=paper, title="Old feed", last_status=410, **gone)
    make.feed(publication=paper, title="Switched off", last_status=503, **gone)
    page = viewer.get("/admin/").text
    assert "The feed Old feed is gone for good" in page
    assert "The feed Switched off" not in page
    assert "It said 503." in page


@pytest.mark.usefixtures("worker_alive")
def test_held_articles_are_told(viewer: Browser, make: Make, paper: Publication) -> None:
    make.article(publication=paper, state=ArticleState.HELD)
    assert "1 article is held" in viewer.get("/admin/").text


@pytest.mark.usefixtures("worker_alive")
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": DigestState.SCHEDULED}, "no worker took it"),
        ({"state": DigestState.SENDING, "paused": True}, "Staff paused it"),
    ],
)
def test_a_digest_that_waits_says_why(
    viewer: Browser, paper: Publication, fields: dict[str, Any], words: str
) -> None:
    paused_at = utc_now() - timedelta(minutes=9) if fields.pop("paused", False) else None
    digest(paper, paused_at=paused_at, **fields)
    assert words in viewer.get("/admin/").text


@pytest.mark.usefixtures("worker_alive")
def test_the_note_of_a_waiting_batch_is_told(viewer: Browser, paper: Publication) -> None:
    sending = digest(paper, DigestState.SENDING)
    store(
        Batch(
            digest_id=sending.id,
            state=BatchState.QUEUED,
            size=1,
            next_attempt_at=utc_now(),
            note="The relay refused the password.",
        )
    )
    assert "The relay refused the password." in viewer.get("/admin/overview/now").text


@pytest.mark.usefixtures("worker_alive")
def test_last_digests_come_with_their_figures(
    viewer: Browser, make: Make, paper: Publication
) -> None:
    sent = digest(paper, DigestState.SENT)
    outcomes = [DeliveryState.SENT] * 3 + [DeliveryState.FAILED, DeliveryState.SKIPPED]
    for state in outcomes:
        reader = make.subscription(publication=paper)
        store(Delivery(digest_id=sent.id, subscription_id=reader.id, state=state))
    page = viewer.get("/admin/").text
    table = page.partition("Last digests</h2>")[2].partition("</table>")[0]
    figures = [cell.partition("<")[0] for cell in table.split('<td class="number">')[1:]]
    assert figures == ["3", "1", "1"]


@pytest.mark.usefixtures("worker_alive")
def test_a_digest_on_its_way_shows_its_progress(
    viewer: Browser, make: Make, paper: Publication
) -> None:
    sending = digest(paper, DigestState.SENDING)
    for state in (DeliveryState.SENT, DeliveryState.QUEUED, DeliveryState.DEFERRED):
        reader = make.subscription(publication=paper)
        store(Delivery(digest_id=sending.id, subscription_id=reader.id, state=state))
    page = viewer.get("/admin/overview/now").text
    assert "1 sent, 2 waiting, 0 failed, 0 skipped of 3" in page
    assert '<progress class="progress" max="3" value="1"' in page


@pytest.mark.usefixtures("worker_alive")
def test_the_next_digests_say_when_with_what_and_to_whom(
    viewer: Browser, make: Make, paper: Publication
) -> None:
    make.subscription(publication=paper, cadence=Cadence.DAILY)
    make.article(publication=paper, found_at=utc_now())
    table = viewer.get("/admin/").text.partition("Next digests</h2>")[2].partition("</table>")[0]
    daily = table.partition(">daily<")[2].partition("</tr>")[0]
    assert "08:00 UTC" in daily
    assert daily.count('<td class="number">1</td>') == 2


@pytest.mark.usefixtures("worker_alive")
def test_the_next_digests_name_their_first_article_and_lead_to_the_draft(
    viewer: Browser, make: Make, paper: Publication
) -> None:
    make.article(publication=paper, title="Ports", found_at=utc_now())
    make.article(publication=paper, title="Rivers", found_at=utc_now())
    with unit_of_work() as session:
        home = session.get_one(Publication, paper.id)
        home.draft_lead_minutes = 24 * 60
    make.subscription(publication=paper, cadence=Cadence.DAILY)
    with unit_of_work():
        (draft, *_) = draft_ahead(publication_id=paper.id, now=utc_now())
    page = viewer.get("/admin/").text
    assert "With “Rivers” and 1 more" in words(page)
    assert f'<a href="/admin/digests/{draft.id}">Draft, goes out unless stopped</a>' in page


@pytest.mark.usefixtures("worker_alive")
def test_the_next_digests_count_readers_with_hours_of_their_own_apart(
    viewer: Browser, make: Make, paper: Publication
) -> None:
    make.article(publication=paper, found_at=utc_now())
    add_evening_reader(make, paper)
    assert "0 + 1 at hours of their own" in words(viewer.get("/admin/").text)


@pytest.mark.usefixtures("worker_alive")
def test_growth_stands_in_a_table_that_the_chart_is_drawn_from(
    viewer: Browser, make: Make, paper: Publication
) -> None:
    long_ago = utc_now() - timedelta(days=3)
    make.subscription(
        publication=paper, created_at=long_ago, signed_up_at=long_ago, confirmed_at=long_ago
    )
    page = viewer.get("/admin/").text
    assert f'data-point="{utc_now():%Y-%m-%d},1,0,0"' in page
    assert f'data-point="{utc_now() - timedelta(days=5):%Y-%m-%d},0,0,0"' in page


def test_looking_changes_no_row(app: Flask, viewer: Browser) -> None:
    # The database refuses writes outside a unit of work; a page that tried would answer 500.
    for path in ("/admin/", "/admin/overview/now", "/admin/readers", "/admin/account"):
        assert viewer.get(path).status_code == 200


def test_a_publication_is_chosen_in_the_address_and_remembered(viewer: Browser, make: Make) -> None:
    make.publication(name="The Quay", slug="quay")
    assert "<h1" in viewer.get("/admin/?publication=quay").text
    assert ">The Quay</a>" in viewer.get("/admin/account").text
    assert viewer.get("/admin/?publication=nowhere").status_code == 404
