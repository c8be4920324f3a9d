"""The return path: read back whatever servers do to its case, and by nobody forged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.mail.return_path import read_return_path, sign_return_path

KEY, OLD_KEY = b"k" * 32, b"o" * 32
IDS = st.integers(min_value=0, max_value=2**63 - 1)


def signed(delivery_id=17, key=KEY):
    return sign_return_path(number=delivery_id, domain="bounces.example.org", key=key)


@given(delivery_id=IDS)
def test_a_signed_return_path_names_its_delivery(delivery_id):
    address = signed(delivery_id)
    assert read_return_path(address, keys=[KEY]) == delivery_id
    assert read_return_path(address.upper(), keys=[KEY]) == delivery_id
    assert read_return_path(f" <{address}>\n", keys=[KEY]) == delivery_id


@given(delivery_id=IDS)
def test_the_local_part_is_lower_case_and_short(delivery_id):
    local_part, _, domain = signed(delivery_id).partition("@")
    assert len(local_part) <= 64
    assert local_part == local_part.lower()
    assert domain == "bounces.example.org"


def test_a_path_signed_with_a_former_key_is_still_read():
    assert read_return_path(signed(key=OLD_KEY), keys=[KEY, OLD_KEY]) == 17
    assert read_return_path(signed(key=OLD_KEY), keys=[KEY]) is None
    assert read_return_path(signed(), keys=[]) is None


@given(
    position=st.integers(min_value=8, max_value=36),
    letter=st.sampled_from("abcdefghijklmnop234567"),
)
def test_a_changed_path_is_not_read(position, letter):
    address = signed()
    changed = address[:position] + letter + address[position + 1 :]
    assert changed == address or read_return_path(changed, keys=[KEY]) is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "<>",
        "reader@example.com",
        "bounces+@example.org",
        "bounces+" + "a" * 29,
        "bounces+é@example.org",
    ],
)
def test_another_address_names_no_delivery(address):
    assert read_return_path(address, keys=[KEY]) is None


@given(st.text())
def test_no_text_makes_reading_fail(text):
    assert read_return_path(text, keys=[KEY]) is None


def test_a_number_that_is_no_delivery_cannot_be_signed():
    with pytest.raises(OverflowError):
        signed(-1)
