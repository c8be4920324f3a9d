"""Messages of SNS: checked before anything is fetched, confirmed by a job."""

import json

import pytest
from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.feedback.models import Notice, NoticeResult
from newsletter.feedback.providers import sns_network
from tests.feedback import signed
from tests.feedback.sent import handle_all
from tests.feedback.signed import Webhook
from tests.web.webhook_posts import _secrets as _secrets
from tests.web.webhook_posts import count, post
from tests.web.webhook_posts import fetched as fetched

BOUNCE = {"notificationType": "Bounce"}


@pytest.mark.parametrize(
    "fields",
    [
        {"TopicArn": "arn:aws:sns:eu-central-1:666:theirs"},
        {"SignatureVersion": "1"},
        {"Timestamp": "2020-01-01T00:00:00.000Z"},
        {"Timestamp": "yesterday"},
        {"SigningCertURL": "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-a.pem"},
        {"SigningCertURL": "https://sns.eu-central-1.amazonaws.com.example.net/a.pem"},
        {"SigningCertURL": "https://example.net/SimpleNotificationService-a.pem"},
        {"SigningCertURL": "https://sns.x@127.0.0.1/SimpleNotificationService-a.pem"},
        {
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com:444/SimpleNotificationService-a.pem"
        },
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/other/key.pem"},
        {"SigningCertURL": "https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-a.pem"},
    ],
)
def test_nothing_is_fetched_for_a_message_of_sns_that_is_not_right(
    client: FlaskClient, fetched: list[str], fields: dict[str, str]
) -> None:
    assert post(client, signed.sns(utc_now(), BOUNCE, **fields)).status_code == 403
    assert fetched == []
    assert count(Notice) == 0


@pytest.mark.parametrize("fields", [{"Signature": "AAAA"}, {"late_Message": "{}"}])
def test_a_message_of_sns_with_a_wrong_signature_is_refused(
    client: FlaskClient, fetched: list[str], fields: dict[str, str]
) -> None:
    for _ in range(3):
        assert post(client, signed.sns(utc_now(), BOUNCE, **fields)).status_code == 403
    assert fetched == [signed.CERTIFICATE_URL], "the genuine certificate, once"
    assert count(Notice) == 0


def test_an_expired_certificate_signs_nothing(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = signed.certificate(utc_now(), days=-1)
    monkeypatch.setattr(sns_network, "fetch_certificate", lambda address: old)
    assert post(client, signed.sns(utc_now(), BOUNCE)).status_code == 403


def test_a_certificate_that_does_not_come_lets_sns_come_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(address: str) -> bytes:
        raise sns_network.NotFetched("away")

    monkeypatch.setattr(sns_network, "fetch", away)
    assert post(client, signed.sns(utc_now(), BOUNCE)).status_code == 503


def confirmation(**fields: str) -> Webhook:
    address = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc"
    asked = {"Type": "SubscriptionConfirmation", "SubscribeURL": address, "Token": "abc"}
    return signed.sns(utc_now(), {}, **asked | fields)


def test_a_topic_of_ours_is_confirmed_by_a_job(client: FlaskClient, fetched: list[str]) -> None:
    assert post(client, confirmation()).status_code == 204
    assert fetched == [signed.CERTIFICATE_URL], "the request itself visits nothing"
    assert handle_all() == [NoticeResult.VISITED]
    assert fetched[1:] == [json.loads(confirmation().body)["SubscribeURL"]]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"TopicArn": "arn:aws:sns:eu-central-1:666:theirs"}, 403),
        ({"SubscribeURL": "https://example.net/?Action=ConfirmSubscription"}, 204),
        ({"SubscribeURL": "http://169.254.169.254/latest/meta-data/"}, 204),
    ],
)
def test_no_other_topic_and_no_other_address_is_visited(
    client: FlaskClient, fetched: list[str], fields: dict[str, str], status: int
) -> None:
    assert post(client, confirmation(**fields)).status_code == status
    assert NoticeResult.VISITED not in handle_all()
    assert [one for one in fetched if one != signed.CERTIFICATE_URL] == []
