"""Plain text in lines of at most 72 characters."""

from newsletter.mail.text_layout import WIDTH, underlined, wrap


def test_lines_end_at_words() -> None:
    lines = wrap("word " * 40).splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    assert " ".join(lines).split() == ["word"] * 40


def test_a_long_address_is_never_broken() -> None:
    address = "https://e.example/" + "a-" * 60
    assert address in wrap(f"See {address} for more").splitlines()


def test_a_script_without_spaces_is_broken() -> None:
    assert all(len(line) <= WIDTH for line in wrap("新聞" * 100).splitlines())


def test_a_quotation_keeps_its_sign_on_every_line() -> None:
    assert all(line.startswith("> ") for line in wrap("word " * 40, indent="> ").splitlines())


def test_a_heading_is_underlined_as_wide_as_it_is() -> None:
    assert underlined("Two words") == "Two words\n---------"
