"""An address is known by its keyed hash, the same for all spellings and for ever."""

import hashlib
import hmac

import pytest
from flask import Flask

from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import hash_address, suppress, suppression_of
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW


@pytest.mark.parametrize("secret", ["s" * 32, "s" * 56, "s" * 57, "s" * 200, "newest,oldest-ß"])
def test_the_hash_is_hmac_sha256_with_the_oldest_secret(
    app: Flask, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    settings = app.extensions["settings"]
    monkeypatch.setitem(
        app.extensions, "settings", settings.model_copy(update={"secret_key": secret})
    )
    key = b"address:" + secret.split(",")[-1].encode()
    for address in (
        "ann@example.org",
        " ANN@Example.org",
        "zoë@bücher.example",
        "STRASSE@ß.example",
    ):
        text = address.strip().casefold().encode()
        assert hash_address(address) == hmac.new(key, text, hashlib.sha256).hexdigest()


def test_the_hash_of_an_address_stays_what_it_was(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.extensions["settings"].model_copy(update={"secret_key": "k" * 40})
    monkeypatch.setitem(app.extensions, "settings", settings)
    assert hash_address("Ann@example.org") == (
        "26c25a1d586be91b7ed8f0caf2d40f6220553ad319da714c79cd82ffae263ff4"
    )


@pytest.mark.parametrize(
    ("written", "reader"),
    [
        ("reader@xn--bcher-kva.example.org", "reader@b\u00fccher.example.org"),
        ("Reader@B\u00fccher.example.org", "reader@b\u00fccher.example.org"),
        ("reader@xn--strae-oqa.example.org", "reader@stra\u00dfe.example.org"),
    ],
)
def test_a_domain_in_a_labels_silences_the_reader_who_is_kept_in_letters(
    app: Flask, written: str, reader: str
) -> None:
    with unit_of_work():
        suppress(address=written, reason=SuppressionReason.MANUAL, now=NOW)
    found = suppression_of(address=reader)
    assert found is not None
    assert found.address_key == reader.casefold()
