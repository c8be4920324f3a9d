"""Proof of work: only a fresh, whole proof of our own puzzle counts, and once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import altcha
import pytest
from flask import Flask

from newsletter.config import Settings
from newsletter.subscriptions import proof_of_work
from newsletter.subscriptions.gate_tokens import RefusedPass
from newsletter.subscriptions.passes import forget_used_passes, use_pass
from newsletter.subscriptions.proof_of_work import GOOD_FOR, read_proof, write_challenge
from newsletter.subscriptions.spellings import spelling_hash
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW
from tests.subscriptions.solving import packed, solved

Challenge = dict[str, Any]


@pytest.fixture(autouse=True)
def _easy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puzzles that cost a test nothing."""
    monkeypatch.setattr(proof_of_work, "MOST", 300)


@pytest.fixture
def hers(app: Flask) -> str:
    """What all spellings of the reader's address have in common."""
    return spelling_hash("reader@example.org")


@pytest.fixture
def challenge(hers: str) -> Challenge:
    return write_challenge(spelling=hers, now=NOW).as_json()


def test_what_the_library_solves_lets_through_and_the_library_agrees(
    challenge: Challenge, hers: str, app: Flask
) -> None:
    payload = solved(challenge)
    assert read_proof(payload, spelling=hers, now=NOW).until == NOW + GOOD_FOR
    key = b"proof-of-work:" + app.extensions["settings"].secret_key.encode()
    assert altcha.verify_solution_v1(payload, key, check_expires=False) == (True, None)


def spliced(challenge: Challenge) -> str:
    """Move the first digit of the number into the salt, and with it whatever ends the salt."""
    whole = altcha.solve_challenge_v1(challenge["challenge"], challenge["salt"], max_number=300)
    assert whole is not None
    digits = f"{whole.number:d}"
    return solved(challenge, salt=challenge["salt"] + digits[:1], number=digits[1:] or "0")


REFUSED: dict[str, Callable[[Challenge], str]] = {
    "nothing": lambda _: "bm90aGluZw==",
    "no base64": lambda _: "§",
    "too long": lambda _: "A" * 3000,
    "a list": lambda _: "WzFd",
    "nested": lambda _: packed(algorithm="SHA-256", challenge={}, number=1, salt=[], signature=0),
    "unsolved": lambda one: solved(one, number=301),
    "number as text with zeros": lambda one: solved(one, number="007"),
    "negative": lambda one: solved(one, number=-1),
    "another algorithm": lambda one: solved(one, algorithm="SHA-1"),
    "no number": lambda one: packed(**one),
    "unsigned": lambda one: solved(one, signature=""),
    "signed by another": lambda one: solved(one, signature="0" * 64),
    "signature beyond ASCII": lambda one: solved(one, signature="é" * 64),
    "later expiry": lambda one: solved(one, salt=one["salt"].replace("expires=1", "expires=2")),
    "spliced": spliced,
}


@pytest.mark.parametrize("how", REFUSED)
def test_anything_else_is_refused(challenge: Challenge, hers: str, how: str) -> None:
    with pytest.raises(RefusedPass):
        read_proof(REFUSED[how](challenge), spelling=hers, now=NOW)


def test_a_proof_expires(challenge: Challenge, hers: str) -> None:
    payload = solved(challenge)
    read_proof(payload, spelling=hers, now=NOW + GOOD_FOR)
    with pytest.raises(RefusedPass, match="expired"):
        read_proof(payload, spelling=hers, now=NOW + GOOD_FOR + timedelta(seconds=1))


def test_a_proof_for_another_purpose_or_address_is_refused(challenge: Challenge, hers: str) -> None:
    payload = solved(challenge)
    with pytest.raises(RefusedPass, match="not made for"):
        read_proof(payload, spelling=hers, now=NOW, purpose="contact")
    with pytest.raises(RefusedPass, match="not made for"):
        read_proof(payload, spelling=spelling_hash("else@example.org"), now=NOW)


def test_a_proof_made_before_the_secret_changed_still_counts(
    app: Flask, challenge: Challenge, session_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed = "a-newer-key-0123456789-0123456789abc," + session_settings.secret_key
    changed = session_settings.model_copy(update={"secret_key": renewed})
    monkeypatch.setitem(app.extensions, "settings", changed)
    read_proof(solved(challenge), spelling=spelling_hash("reader@example.org"), now=NOW)


def test_a_pass_is_used_once_unless_the_signup_failed(challenge: Challenge, hers: str) -> None:
    given = read_proof(solved(challenge), spelling=hers, now=NOW)
    with pytest.raises(ZeroDivisionError), unit_of_work():
        use_pass(given)
        raise ZeroDivisionError
    with unit_of_work():
        use_pass(given)
    with pytest.raises(RefusedPass, match="used already"), unit_of_work():
        use_pass(given)
    with unit_of_work():
        assert forget_used_passes(now=given.until) == 0
        assert forget_used_passes(now=given.until + timedelta(seconds=1)) == 1
