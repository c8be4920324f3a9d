"""Amazon SES by SNS: notifications signed by RSA (signature version 2), for known topics only.

Nothing is fetched for a message whose topic, age or certificate address is not right. Sources:
docs.aws.amazon.com, "Verifying the signatures of Amazon SNS messages", "Amazon SNS notification
contents for Amazon SES".
"""

import base64
import binascii
import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate

from newsletter.feedback.providers.checking import Forged, Request, refuse_stale
from newsletter.feedback.providers.json_body import Malformed, json_of, needed, object_of, words_of
from newsletter.feedback.receive import Event
from newsletter.mail.bounce_kinds import BounceReport, ReportKind, shown_words
from newsletter.mail.bounce_status import judge

#: SNS tries for hours, some policies for a day.
FRESH = timedelta(hours=25)
#: What is signed, in this order, where it is there.
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
_HOST = re.compile(r"sns\.[a-z0-9-]{3,32}\.amazonaws\.com(?:\.cn)?")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem")

FetchCertificate = Callable[[str], Certificate]


def check(request: Request, *, topics: Collection[str], fetch: FetchCertificate) -> list[Event]:
    """Return the one message of SNS, if it is for one of the topics.

    Args:
        topics: the TopicArns that are ours.
        fetch: gets a certificate from an address that was checked; perhaps raises.

    Raises:
        Forged: topic, age, certificate or signature are not right.
        Malformed: SNS does not write so.
    """
    message = object_of(json_of(request.body))
    if message.get("TopicArn") not in topics:
        raise Forged("This topic is none of ours.")
    if message.get("SignatureVersion") != "2":
        raise Forged("Set the topic's SignatureVersion to 2; version 1 signs with SHA-1.")
    refuse_stale(_moment(message.get("Timestamp")), now=request.now, within=FRESH)
    address = words_of(message.get("SigningCertURL"))
    if not is_of_sns(address) or not _CERTIFICATE.fullmatch(urlsplit(address).path):
        raise Forged("The certificate is not where those of SNS are.")
    _verify(message, fetch(address), now=request.now)
    return [Event(event_id=needed(message.get("MessageId"), "MessageId"), payload=request.body)]


def is_of_sns(address: str) -> bool:
    """Say whether an address is one of SNS: https, its host, no port, user or query trick."""
    try:
        parts = urlsplit(address)
        return (
            parts.scheme == "https"
            and bool(_HOST.fullmatch(parts.netloc))
            and address.isascii()
            and not parts.fragment
        )
    except ValueError:
        return False


def subscribe_address(message: dict[str, Any]) -> str:
    """Return the address to visit if a message asks to confirm a topic, else nothing."""
    address = words_of(message.get("SubscribeURL"))
    asked = message.get("Type") == "SubscriptionConfirmation"
    return address if asked and is_of_sns(address) else ""


def read(message: dict[str, Any]) -> BounceReport:
    """Return what a notification says; SES calls the kind `notificationType` or `eventType`."""
    try:
        said = object_of(json_of(words_of(message.get("Message")).encode()))
    except Malformed:
        return BounceReport(kind=ReportKind.UNCLEAR)
    mail = object_of(said.get("mail"))
    kind, status, words = _judged(said)
    headers = object_of(mail.get("commonHeaders"))
    ids = [words_of(headers.get("messageId")), *_header_values(mail, "message-id")]
    return BounceReport(
        kind=kind,
        status=status,
        text=shown_words(words),
        return_paths=(words_of(mail.get("source")),),
        message_ids=tuple(one.strip("<>") for one in ids if one),
    )


def _judged(said: dict[str, Any]) -> tuple[ReportKind, str, str]:
    name = words_of(said.get("notificationType")) or words_of(said.get("eventType"))
    if name == "Complaint":
        complaint = object_of(said.get("complaint"))
        if complaint.get("complaintFeedbackType") == "not-spam":
            return ReportKind.ARRIVED, "", ""
        return ReportKind.COMPLAINT, "", words_of(complaint.get("complaintFeedbackType"))
    if name == "Bounce":
        return _judged_bounce(object_of(said.get("bounce")))
    if name == "DeliveryDelay":
        return ReportKind.DELAYED, "", ""
    return (ReportKind.ARRIVED if name in ("Delivery", "Send") else ReportKind.UNCLEAR), "", ""


def _judged_bounce(bounce: dict[str, Any]) -> tuple[ReportKind, str, str]:
    listed = bounce.get("bouncedRecipients")
    first = object_of(listed[0]) if isinstance(listed, list) and listed else {}
    status = words_of(first.get("status"))
    words = words_of(first.get("diagnosticCode")).partition(";")[2].strip()
    kind = judge(status=status, words=words)
    if bounce.get("bounceType") == "Permanent":
        # On their own list, or without words: SES knows that it is for good.
        kind = ReportKind.HARD if kind is ReportKind.UNCLEAR else kind
        if bounce.get("bounceSubType") in ("Suppressed", "OnAccountSuppressionList"):
            kind = ReportKind.HARD
    elif kind in (ReportKind.HARD, ReportKind.UNCLEAR):
        kind = ReportKind.SOFT
    return kind, status, words


def _header_values(mail: dict[str, Any], name: str) -> list[str]:
    headers = mail.get("headers")
    listed = [object_of(one) for one in headers] if isinstance(headers, list) else []
    return [words_of(one.get("value")) for one in listed if str(one.get("name")).lower() == name]


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(words_of(value))
    except ValueError:
        raise Forged("The time of the message cannot be read.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _verify(message: dict[str, Any], certificate: Certificate, *, now: datetime) -> None:
    names = _SIGNED.get(words_of(message.get("Type")))
    if names is None:
        raise Malformed("SNS has no such type of message.")
    signed = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    key = certificate.public_key()
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Forged("The certificate is not valid now.")
    if not isinstance(key, RSAPublicKey):
        raise Forged("The certificate is of another kind.")
    try:
        signature = base64.b64decode(words_of(message.get("Signature")), validate=True)
        key.verify(signature, signed.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        raise Forged("The signature is wrong.") from None
