"""What our mails carry so that whatever comes back finds them."""

import re

import pytest
from flask import Flask

from newsletter.config import settings
from newsletter.deliveries.content import DigestMails
from newsletter.deliveries.models import Delivery
from newsletter.deliveries.recipients import Recipient
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.feedback.named import delivery_named
from newsletter.mail.bounce_kinds import BounceReport, ReportKind
from newsletter.mail.outgoing import OutgoingMail
from tests.deliveries.conftest import Publish
from tests.deliveries.conftest import publish as publish
from tests.factories import NOW, Make
from tests.feedback.sent import DOMAIN, deliveries
from tests.feedback.signed import POSTMARK


def mail_of(delivery: Delivery) -> OutgoingMail:
    digest = db.session.get_one(Digest, delivery.digest_id)
    recipient = Recipient(
        delivery.id, delivery.variant_id, 0, delivery.subscription_id, "reader@example.org", ""
    )
    return DigestMails(digest, now=NOW).mail_to(recipient)


@pytest.fixture
def delivery(make: Make, publish: Publish) -> Delivery:
    home = make.publication()
    make.article(publication=home)
    make.subscription(publication=home)
    return deliveries(publish(home))[0]


def use(app: Flask, patch: pytest.MonkeyPatch, **values: str) -> None:
    patch.setitem(app.extensions, "settings", settings.model_copy(update=values))


def named(path: str, message_id: str) -> int | None:
    return delivery_named(
        BounceReport(kind=ReportKind.HARD, return_paths=(path,), message_ids=(message_id,)),
        vouched=True,
    )


def header(mail: OutgoingMail, name: str) -> str:
    found = re.search(rf"^{name}: <?([^>\r\n]+)>?\r$".encode(), mail.content, re.MULTILINE)
    return found[1].decode() if found else ""


def test_return_path_and_message_id_each_name_the_delivery(
    app: Flask, monkeypatch: pytest.MonkeyPatch, delivery: Delivery
) -> None:
    use(app, monkeypatch, bounce_domain=DOMAIN)
    mail = mail_of(delivery)
    assert named(mail.sender, "") == delivery.id
    assert named("", header(mail, "Message-ID")) == delivery.id
    assert named("reader@example.org", "somebody@example.org") is None


def test_postmark_gets_the_message_id_where_it_returns_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch, delivery: Delivery
) -> None:
    assert header(mail_of(delivery), "X-PM-Metadata-delivery") == ""
    use(app, monkeypatch, postmark_webhook=POSTMARK)
    mail = mail_of(delivery)
    assert header(mail, "X-PM-Metadata-delivery") == header(mail, "Message-ID") != ""
