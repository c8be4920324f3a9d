"""A slip in a common domain gets a suggestion; what looks meant gets none."""

import hashlib

import pytest

from newsletter.subscriptions import disposable
from newsletter.subscriptions.disposable import is_disposable
from newsletter.subscriptions.typos import PROVIDERS, likely_domain


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("hmail.com", "gmail.com"),
        ("GMAI.COM", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("protonmial.com", "protonmail.com"),
        ("t-onlin.de", "t-online.de"),
        ("paper.example.con", "paper.example.com"),
    ],
)
def test_a_slip_is_told(typed: str, meant: str) -> None:
    assert likely_domain(typed) == meant


@pytest.mark.parametrize(
    "domain",
    [
        "example.org",
        "paper.example",
        "mail.com",
        "me.org",
        "free.de",
        "web.com",
        "live.nl",
        "",
        "x",
    ],
)
def test_a_domain_that_looks_meant_is_left_alone(domain: str) -> None:
    assert likely_domain(domain) is None


def test_no_provider_is_taken_for_a_slip_of_another() -> None:
    assert [one for one in PROVIDERS if likely_domain(one)] == []
    assert not any(is_disposable(one) for one in PROVIDERS)


def test_a_disposable_domain_is_known_and_so_are_those_below_it() -> None:
    assert is_disposable("mailinator.com")
    assert is_disposable("Some.Mailinator.Com")
    assert not is_disposable("mailinator.com.example.org")
    assert not is_disposable("com")


def test_the_vendored_list_is_the_one_that_its_readme_tells_of() -> None:
    folder = disposable._LIST.parent
    digest = hashlib.sha256(disposable._LIST.read_bytes()).hexdigest()
    assert digest in (folder / "README.md").read_text()
    assert "CC0 1.0" in (folder / "LICENSE").read_text()
    assert (folder / "VERSION").read_text().strip()
