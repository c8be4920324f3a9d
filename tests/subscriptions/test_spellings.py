"""All spellings of one mailbox are one to the limits; mail goes to the one that was typed."""

import pytest
from flask import Flask

from newsletter.subscriptions.spellings import common_spelling, spelling_hash


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("reader@example.org", " READER@Example.ORG "),
        ("reader@example.org", "reader+news@example.org"),
        ("reader@example.org", "Reader+a+b@example.org"),
        ("ann.smith@gmail.com", "annsmith@gmail.com"),
        ("annsmith@gmail.com", "a.n.n.s.m.i.t.h+x@GoogleMail.com"),
        ("leser@bücher.example", "LESER@xn--bcher-kva.example"),
    ],
)
def test_these_are_one(app: Flask, one: str, other: str) -> None:
    assert spelling_hash(one) == spelling_hash(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann.smith@example.org", "annsmith@example.org"),
        ("ann@example.org", "ann@example.net"),
        ("+ann@example.org", "+bob@example.org"),
    ],
)
def test_these_are_two(app: Flask, one: str, other: str) -> None:
    assert spelling_hash(one) != spelling_hash(other)


def test_the_hash_needs_the_secret_and_shows_no_address(app: Flask) -> None:
    assert common_spelling("Ann.Smith+x@gmail.com") == "annsmith@gmail.com"
    assert len(spelling_hash("ann@example.org")) == 64
    assert "ann" not in spelling_hash("ann@example.org")
