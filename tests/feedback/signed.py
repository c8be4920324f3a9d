"""Webhooks as providers send them, signed with keys made here."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

TOPIC = "arn:aws:sns:eu-central-1:123456789012:ses"
CERTIFICATE_URL = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem"
POSTMARK = "hook:a-password-for-tests"
MAILGUN = "key-for-tests-only"
RESEND = "whsec_" + base64.b64encode(b"secret-for-tests-only-0123456789").decode()

SES_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
SENDGRID = base64.b64encode(
    SENDGRID_KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()

#: The settings that make all of these right.
SETTINGS = {
    "ses_topics": f"arn:aws:sns:eu-west-1:1:other, {TOPIC}",
    "postmark_webhook": POSTMARK,
    "mailgun_webhook_key": MAILGUN,
    "sendgrid_webhook_key": SENDGRID,
    "resend_webhook_secret": RESEND,
}


@dataclass
class Webhook:
    """One POST of a provider."""

    provider: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where it goes."""
        return f"/webhooks/{self.provider}"


def certificate(now: datetime, *, days: int = 30) -> x509.Certificate:
    """Return a certificate of the key that signs for SNS."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder(name, name, SES_KEY.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=60))
    return builder.not_valid_after(now + timedelta(days=days)).sign(SES_KEY, hashes.SHA256())


def sns(now: datetime, said: dict[str, Any], **fields: Any) -> Webhook:
    """Return a notification of SES by SNS; `fields` replace those of the message."""
    unsigned = {name: fields.pop(name) for name in ("Signature", "late_Message") if name in fields}
    message = {
        "Type": "Notification",
        "MessageId": "sns-1",
        "TopicArn": TOPIC,
        "Message": json.dumps(said),
        "Timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
    } | fields
    names = ["Message", "MessageId", "Timestamp", "TopicArn", "Type"]
    if message["Type"] == "SubscriptionConfirmation":
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    signed = "".join(f"{name}\n{message[name]}\n" for name in names)
    code = SES_KEY.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    message["Signature"] = unsigned.get("Signature", base64.b64encode(code).decode())
    if "late_Message" in unsigned:
        message["Message"] = unsigned["late_Message"]
    return Webhook("ses", json.dumps(message).encode(), {"Content-Type": "text/plain"})


def postmark(event: dict[str, Any], *, credentials: str = POSTMARK) -> Webhook:
    """Return a webhook of Postmark."""
    encoded = base64.b64encode(credentials.encode()).decode()
    return Webhook("postmark", json.dumps(event).encode(), {"Authorization": f"Basic {encoded}"})


def mailgun(
    now: datetime, event: dict[str, Any], *, token: str = "t" * 50, key: str = MAILGUN
) -> Webhook:
    """Return a webhook of Mailgun."""
    timestamp = str(int(now.timestamp()))
    code = hmac.new(key.encode(), (timestamp + token).encode(), hashlib.sha256).hexdigest()
    signature = {"timestamp": timestamp, "token": token, "signature": code}
    return Webhook("mailgun", json.dumps({"signature": signature, "event-data": event}).encode())


def sendgrid(now: datetime, events: list[dict[str, Any]]) -> Webhook:
    """Return a batch of events of SendGrid."""
    return sendgrid_batch(now, json.dumps(events).encode())


def sendgrid_batch(now: datetime, body: bytes) -> Webhook:
    """Return whatever it is, signed as SendGrid does."""
    timestamp = str(int(now.timestamp()))
    code = SENDGRID_KEY.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(code).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }
    return Webhook("sendgrid", body, headers)


def resend(now: datetime, event: dict[str, Any], *, event_id: str = "msg_1") -> Webhook:
    """Return a webhook of Resend."""
    body, timestamp = json.dumps(event).encode(), str(int(now.timestamp()))
    key = base64.b64decode(RESEND.removeprefix("whsec_"))
    code = hmac.new(key, f"{event_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    headers = {
        "svix-id": event_id,
        "svix-timestamp": timestamp,
        "svix-signature": f"v1,bm90IHRoaXMgb25l v1,{base64.b64encode(code).decode()}",
    }
    return Webhook("resend", body, headers)


def hard_bounce(provider: str, now: datetime, message_id: str, path: str = "") -> Webhook:
    """Return the webhook by which a provider tells of an unknown reader."""
    words = "550 5.1.1 <reader@example.net> no such user"
    recipient = {"status": "5.1.1", "diagnosticCode": f"smtp; {words}"}
    if provider == "ses":
        said = {
            "notificationType": "Bounce",
            "bounce": {"bounceType": "Permanent", "bouncedRecipients": [recipient]},
            "mail": {"source": path, "commonHeaders": {"messageId": f"<{message_id}>"}},
        }
        return sns(now, said)
    if provider == "postmark":
        metadata = {"delivery": message_id}
        bounce = {"RecordType": "Bounce", "Type": "HardBounce", "ID": 42, "Details": words}
        return postmark(bounce | {"Metadata": metadata})
    if provider == "mailgun":
        event = {
            "id": "mg-1",
            "event": "failed",
            "severity": "permanent",
            "delivery-status": {"code": 550, "message": words},
            "message": {"headers": {"message-id": message_id}},
        }
        return mailgun(now, event)
    if provider == "sendgrid":
        bounce = {"sg_event_id": "sg-1", "event": "bounce", "type": "bounce", "status": "5.1.1"}
        return sendgrid(now, [bounce | {"reason": words, "smtp-id": f"<{message_id}>"}])
    data = {"bounce": {"type": "Permanent", "message": words}}
    headers = [{"name": "Message-ID", "value": f"<{message_id}>"}]
    return resend(now, {"type": "email.bounced", "data": data | {"headers": headers}})


PROVIDERS = ("ses", "postmark", "mailgun", "sendgrid", "resend")
