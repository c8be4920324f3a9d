"""The short way to read an address ends where the whole check would end."""

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.subscriptions.import_addresses import plain_address, read_address
from newsletter.subscriptions.signup import UnusableAddress, usable_address

#: Text that is nearly an address, so that a short way that took too much would be found.
_LOCAL = st.text("aZ09.-+_'!#$%&*/=?^`{|}~\"( )@é\u0338", max_size=70)
_LABEL = st.text("aZx09-n_é。ß\u0338", max_size=66)
_TOP = st.sampled_from(
    [*SPECIAL_USE_DOMAIN_NAMES, "ORG", "com", "c0m", "o-rg", "xn--p1ai", "TEST", "рф", "a" * 64]
)
_DOMAIN = st.builds(
    lambda labels, top: ".".join([*labels, top]), st.lists(_LABEL, max_size=5), _TOP
)
_ADDRESS = st.builds(lambda local, domain: f"{local}@{domain}", _LOCAL, _DOMAIN)
_PLAIN_LABEL = st.from_regex(r"[A-Za-z0-9-]{1,12}", fullmatch=True)
_LIKELY = st.builds(
    lambda local, labels, top: f"{local}@{'.'.join(labels)}.{top}",
    st.one_of(
        st.from_regex(r"[A-Za-z0-9.+_-]{1,20}", fullmatch=True),
        st.sampled_from(["Info", "ABUSE", "sales", "News", "www", "UUCP", "Ann"]),
    ),
    st.lists(_PLAIN_LABEL, min_size=1, max_size=6),
    _TOP,
)


def answer(read: object, text: str) -> str | None:
    try:
        return read(text)  # type: ignore[operator, no-any-return]
    except UnusableAddress:
        return None


@settings(max_examples=2_000, deadline=None)
@given(st.one_of(_LIKELY, _ADDRESS, st.text(max_size=40)))
@example("a@b--c.example.org")
@example("a@ab--c.example.org")
@example("a@xn--bcher-kva.example")
@example("Info@Example.ORG")
@example("a@" + "b" * 64 + ".org")
@example("a@" + "b." * 126 + "org")
@example("a" * 243 + "@example.org")
@example("a" * 242 + "@example.org")
@example("a@example.org\n")
@example("a@local")
@example("a@b.LOCAL")
def test_both_ways_give_the_same_answer(text: str) -> None:
    assert answer(read_address, text) == answer(usable_address, text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@example.org", "ann@example.org"),
        ("Ann.O'Hara+news@Example.ORG", "Ann.O'Hara+news@example.org"),
        ("a-1_b@mail.my-site.example.com", "a-1_b@mail.my-site.example.com"),
        ("info@example.net", "info@example.net"),
    ],
)
def test_everyday_addresses_take_the_short_way(text: str, address: str) -> None:
    assert plain_address(text) == address


@pytest.mark.parametrize(
    "text", ["Ann@example.org", "zoë@example.org", "a@bücher.example", "a@xn--p1ai.org", "a@b.test"]
)
def test_what_is_unusual_is_left_to_the_whole_check(text: str) -> None:
    assert plain_address(text) is None
