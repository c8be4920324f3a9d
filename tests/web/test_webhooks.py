"""Webhooks: what is signed rightly is stored once; everything else changes and fetches nothing."""

import json
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from newsletter.clock import utc_now
from newsletter.deliveries.models import Delivery, DeliveryState, Feedback
from newsletter.extensions import db
from newsletter.feedback.handle import handle_notice
from newsletter.feedback.models import Notice, NoticeResult
from newsletter.jobs import Job
from newsletter.suppressions.models import Suppression, SuppressionReason
from tests.feedback import signed
from tests.feedback.sent import delivery as delivery
from tests.feedback.sent import handle_all, name_of, return_path
from tests.feedback.signed import PROVIDERS, TOPIC, Webhook, hard_bounce
from tests.listener import Listener
from tests.web.webhook_posts import _secrets as _secrets
from tests.web.webhook_posts import count, post
from tests.web.webhook_posts import fetched as fetched


def notices() -> list[Notice]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Notice).order_by(Notice.id)))


def bounce(provider: str, delivery: Delivery, **late: Any) -> Webhook:
    now = utc_now() + late.pop("after", timedelta(0))
    return hard_bounce(provider, now, name_of(delivery), return_path(delivery))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_bounce_is_stored_then_handled_by_a_job(
    client: FlaskClient, queue: Listener, delivery: Delivery, provider: str
) -> None:
    assert post(client, bounce(provider, delivery)).status_code == 204
    (notice,) = notices()
    assert queue.jobs == [(Job.HANDLE_NOTICE, {"notice_id": notice.id})]
    assert count(Feedback) == 0, "the request itself changes nothing else"
    assert handle_all() == [NoticeResult.CHANGED]
    db.session.refresh(delivery)
    assert delivery.state is DeliveryState.BOUNCED
    (suppression,) = db.session.scalars(sa.select(Suppression)).all()
    assert suppression.reason is SuppressionReason.HARD_BOUNCE
    assert notices()[0].payload == b"", "what named the reader is not kept"
    assert notices()[0].text.count("550") == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_repeated_webhook_is_stored_once(
    client: FlaskClient, delivery: Delivery, provider: str
) -> None:
    webhook = bounce(provider, delivery)
    assert {post(client, webhook).status_code for _ in range(5)} == {204}
    assert handle_all() == [NoticeResult.CHANGED]
    assert post(client, webhook).status_code == 204
    assert handle_all() == []
    assert (count(Notice), count(Feedback)) == (1, 1)


def test_a_thousand_copies_out_of_order_make_one_change(
    client: FlaskClient, delivery: Delivery
) -> None:
    def event(number: int) -> dict[str, Any]:
        kinds = [
            {"event": "bounce", "type": "bounce", "status": "5.1.1"},
            {"event": "delivered"},
            {"event": "deferred"},
        ]
        names = {"sg_event_id": f"sg-{number % 3}", "smtp-id": name_of(delivery)}
        return kinds[number % 3] | names

    events = [event(number) for number in range(1000)]
    Random(7).shuffle(events)
    for start in range(0, 1000, 50):
        webhook = signed.sendgrid(utc_now(), events[start : start + 50])
        assert post(client, webhook).status_code == 204
    for notice in [one.id for one in notices()] * 3:
        handle_notice(notice_id=notice, now=utc_now())
    assert (count(Notice), count(Feedback), count(Suppression)) == (3, 1, 1)


def test_several_events_about_one_mail_make_one_change(
    client: FlaskClient, delivery: Delivery
) -> None:
    for provider in PROVIDERS:
        post(client, bounce(provider, delivery))
    results = handle_all()
    assert results == [NoticeResult.CHANGED, *[NoticeResult.KNOWN] * 4]
    assert count(Feedback) == 1


def forged(provider: str, delivery: Delivery) -> Iterator[Webhook]:
    """Yield what is unsigned, signed by others, changed afterwards, or too old."""
    now, long_ago = utc_now(), timedelta(hours=-26)
    yield Webhook(provider, b"{}")
    if provider == "ses":
        yield bounce(provider, delivery, after=long_ago)
    elif provider == "postmark":
        yield Webhook(provider, bounce(provider, delivery).body)
        yield signed.postmark({"RecordType": "Bounce"}, credentials="hook:another-password")
        yield Webhook(provider, b"{}", {"Authorization": "Basic \xff"})
        yield Webhook(provider, b"{}", {"Authorization": f"Bearer {signed.POSTMARK}"})
    elif provider == "mailgun":
        yield signed.mailgun(now, {"id": "1"}, key="another")
        yield signed.mailgun(now + timedelta(hours=-10), {"id": "1"})
        yield signed.mailgun(now + timedelta(hours=10), {"id": "1"})
        yield signed.mailgun(now, {"id": "1"}, token="")
        yield Webhook(provider, rb'{"signature": {"timestamp": "1", "token": "\ud800"}}')
    else:
        right = bounce(provider, delivery)
        yield Webhook(provider, right.body)
        yield Webhook(provider, right.body, dict.fromkeys(right.headers, "x"))
        yield Webhook(provider, right.body + b" ", right.headers)
        yield bounce(provider, delivery, after=long_ago)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_forged_or_stale_webhook_changes_and_fetches_nothing(
    client: FlaskClient, delivery: Delivery, fetched: list[str], provider: str
) -> None:
    for webhook in forged(provider, delivery):
        answer = post(client, webhook)
        assert (answer.status_code, answer.is_json) == (403, True), webhook
    assert (count(Notice), fetched) == (0, [])


def test_a_token_of_mailgun_is_good_for_one_event(client: FlaskClient, delivery: Delivery) -> None:
    first = bounce("mailgun", delivery)
    assert post(client, first).status_code == 204
    body = json.loads(first.body)
    body["event-data"] |= {"id": "mg-2", "event": "complained"}
    other = Webhook("mailgun", json.dumps(body).encode())
    assert post(client, other).status_code == 403, "the signature does not cover the body"
    assert count(Notice) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_whose_secret_is_not_set_has_no_address(
    app: Flask,
    client: FlaskClient,
    delivery: Delivery,
    provider: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = app.extensions["settings"].model_copy(update=dict.fromkeys(signed.SETTINGS, ""))
    monkeypatch.setitem(app.extensions, "settings", settings)
    assert post(client, bounce(provider, delivery)).status_code == 404
    assert client.post("/webhooks/nobody").status_code == 404


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_stranger_without_our_delivery_has_no_effect(
    client: FlaskClient, delivery: Delivery, provider: str
) -> None:
    stranger = hard_bounce(provider, utc_now(), "somebody@example.net", "reader@example.org")
    assert post(client, stranger).status_code == 204
    assert handle_all() == [NoticeResult.STRANGER]
    assert (count(Feedback), count(Suppression)) == (0, 0)


def test_what_is_too_large_is_refused(client: FlaskClient) -> None:
    huge = Webhook("resend", b"x" * (1024 * 1024 + 1))
    assert post(client, huge).status_code == 413


@pytest.mark.parametrize("body", [b"[1, 2", b"[" * 100_000, b"{}", b'[{"event": "bounce"}]'])
def test_what_is_signed_and_malformed_is_no_fault_of_ours(client: FlaskClient, body: bytes) -> None:
    assert post(client, signed.sendgrid_batch(utc_now(), body)).status_code == 400
    assert count(Notice) == 0


def test_database_trouble_lets_senders_come_again(
    client: FlaskClient, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = bounce("resend", delivery)

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    with monkeypatch.context() as patch:
        patch.setattr("newsletter.web.webhooks.receive_events", away)
        answer = post(client, webhook)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert post(client, webhook).status_code == 204


def test_topics_are_a_list(app: Flask) -> None:
    assert TOPIC in app.extensions["settings"].ses_topic_arns
