"""Webhooks posted to a service that has every secret."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.feedback.providers import sns_network
from tests.feedback import signed
from tests.feedback.signed import Webhook


@pytest.fixture(autouse=True)
def _secrets(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.extensions["settings"].model_copy(update=signed.SETTINGS)
    monkeypatch.setitem(app.extensions, "settings", settings)


@pytest.fixture(autouse=True)
def fetched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was fetched from SNS, which answers with its certificate."""
    asked: list[str] = []
    pem = signed.certificate(utc_now()).public_bytes(signed.serialization.Encoding.PEM)

    def fetch(address: str) -> bytes:
        asked.append(address)
        return pem

    monkeypatch.setattr(sns_network, "fetch", fetch)
    monkeypatch.setattr("newsletter.feedback.providers.confirmation.fetch", fetch)
    kept = sns_network.fetch_certificate
    kept.cache_clear()
    yield asked
    kept.cache_clear()


def post(client: FlaskClient, webhook: Webhook) -> TestResponse:
    return client.post(webhook.path, data=webhook.body, headers=webhook.headers)


def count(table: type[Any]) -> int:
    db.session.rollback()
    return int(db.session.scalars(sa.select(sa.func.count()).select_from(table)).one())
