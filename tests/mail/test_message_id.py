"""A Message-ID is the same on every retry, names its row to us, and nothing to others."""

import re

import pytest

from newsletter.mail.message_id import message_id, read_message_id

KEY, OLD_KEY = "k" * 40, "o" * 40


def made(number: int = 17, kind: str = "delivery", key: str = KEY) -> str:
    return message_id(kind=kind, number=number, domain="example.org", key=key)


@pytest.mark.parametrize("number", [1, 17, 2**40, 2**63 - 1])
def test_it_names_its_row_to_whoever_has_the_key(number: int) -> None:
    assert read_message_id(made(number), kind="delivery", keys=[KEY]) == number
    assert read_message_id(f"<{made(number).upper()}>", kind="delivery", keys=["x", KEY]) == number


def test_it_is_the_same_each_time_and_hides_the_number() -> None:
    """RFC 5322 §3.6.4: one message, one identifier, also when it is sent again."""
    assert made(1) == made(1)
    assert len({made(number)[9:13] for number in range(50)}) > 45, "neighbours look unlike"
    assert re.fullmatch(r"delivery-[a-z2-7]{32}@example\.org", made())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "delivery-aaaa@example.org",
        f"delivery-{'a' * 32}@example.org",
        made(kind="letter"),
        made(key=OLD_KEY),
        made() + " x",
    ],
)
def test_what_we_did_not_write_names_nothing(text: str) -> None:
    assert read_message_id(text, kind="delivery", keys=[KEY]) is None


def test_no_changed_letter_is_read() -> None:
    whole = made()
    for place in range(9, 9 + 32):
        other = "b" if whole[place] != "b" else "c"
        changed = whole[:place] + other + whole[place + 1 :]
        assert read_message_id(changed, kind="delivery", keys=[KEY]) is None
