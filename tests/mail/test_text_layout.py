"""Plain text in lines of at most 72 characters."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.mail.text_layout import WIDTH, tied, underlined, wrap


def test_lines_end_at_words() -> None:
    lines = wrap("word " * 40).splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    assert " ".join(lines).split() == ["word"] * 40


def test_a_long_address_is_never_broken() -> None:
    address = "https://e.example/" + "a-" * 60
    assert address in wrap(f"See {address} for more").splitlines()
    foreign = "https://e.example/" + "新聞" * 40
    assert foreign in wrap(f"See {foreign} for more").splitlines()
    assert address in wrap("新" * 30 + address + "聞").replace("聞", "").splitlines()


def test_a_script_without_spaces_is_broken_by_columns_and_gains_no_space() -> None:
    wrapped = wrap("新聞" * 100)
    assert {len(line) for line in wrapped.splitlines()[:-1]} == {WIDTH // 2}
    assert wrapped.replace("\n", "") == "新聞" * 100


def test_a_closing_sign_does_not_begin_a_line() -> None:
    assert wrap("新" * 36 + "。" + "聞") == "新" * 36 + "。\n聞"


@given(st.text())
def test_no_sign_is_lost_or_doubled(text: str) -> None:
    assert "".join(wrap(text).split()) == "".join(text.split())


def test_short_facts_are_kept_whole_and_long_ones_may_break() -> None:
    author = "A society with a rather long name"
    told = tied(f"{author} · March 2, 2026 · 5 minute read")
    assert told.split("\N{NO-BREAK SPACE}· ") == [
        author,
        "March\N{NO-BREAK SPACE}2,\N{NO-BREAK SPACE}2026",
        "5\N{NO-BREAK SPACE}minute\N{NO-BREAK SPACE}read",
    ]


def test_nothing_stays_nothing() -> None:
    assert wrap(" \n ", indent="> ") == ""


def test_a_quotation_keeps_its_sign_on_every_line() -> None:
    assert all(line.startswith("> ") for line in wrap("word " * 40, indent="> ").splitlines())


def test_a_heading_is_underlined_as_wide_as_it_is() -> None:
    assert underlined("Two words") == "Two words\n---------"
