"""Values stamped into a message: each in its place, none that harms, none forgotten."""

import re

import pytest

from newsletter.mail.addresses import AddressError
from newsletter.mail.message import (
    BrokenMarker,
    CompiledMessage,
    Markers,
    MissingValue,
    Placeholder,
    UnsafeHeader,
    compile_message,
)
from tests.mail.messages import MARKERS, VALUES, body, compiled, headers, mark, parsed


def test_a_value_between_literals_joins_without_a_gap():
    message = compiled(text=f"<{mark(Placeholder.PREFERENCES_URL)}>.\nNext", html=None)
    mail = parsed(message.stamp(VALUES))
    assert body(mail, "plain") == "<https://news.example.org/p/abc>.\nNext\n"


def test_a_name_in_the_subject_joins_the_words_around_it():
    message = compiled(subject=f"For {mark(Placeholder.NAME)}, today")
    mail = parsed(message.stamp(VALUES | {Placeholder.NAME: "Zoë"}))
    assert mail["Subject"] == "For Zoë, today"


def test_a_name_may_begin_the_subject_or_be_all_of_it():
    message = compiled(subject=f"{mark(Placeholder.NAME)}, your news")
    assert parsed(message.stamp(VALUES))["Subject"] == "Reader, your news"
    message = compiled(subject=mark(Placeholder.NAME))
    assert parsed(message.stamp(VALUES))["Subject"] == "Reader"
    assert parsed(message.stamp(VALUES | {Placeholder.NAME: ""}))["Subject"] == ""


@pytest.mark.parametrize(
    "value",
    [
        "https://news.example.org/\r\nBcc: other@example.net",
        "https://news.example.org/\0",
        "https://news.example.org/ü",
        "https://news.example.org/> <https://example.net",
        "https://news.example.org/" + "t" * 400,
        "",
    ],
)
def test_a_machine_read_value_that_does_not_fit_fails_this_mail(value):
    with pytest.raises(UnsafeHeader):
        compiled().stamp(VALUES | {Placeholder.ONE_CLICK_URL: value})


@pytest.mark.parametrize(
    "address", ["a@example.com\r\nBcc: b@example.net", "a>@example.com", "a b@example.com", "a", ""]
)
def test_an_address_that_is_none_fails_this_mail(address):
    with pytest.raises(AddressError):
        compiled().stamp(VALUES | {Placeholder.ADDRESS: address})


def test_the_domain_of_the_recipient_becomes_a_labels():
    content = compiled().stamp(VALUES | {Placeholder.ADDRESS: "Leser@Bücher.example"})
    assert b"\r\nTo: Leser@xn--bcher-kva.example\r\n" in content


def test_a_non_ascii_local_part_is_left_for_smtputf8():
    content = compiled().stamp(VALUES | {Placeholder.ADDRESS: "jürgen@example.com"})
    assert "\r\nTo: jürgen@example.com\r\n".encode() in content


@pytest.mark.parametrize(
    "text", ["zz0123456789abcdeename zz", "zzaaaaaaaaaaaaaaaanamezz", "namezz"]
)
def test_article_text_that_looks_like_a_marker_stays_literal(text):
    mail = parsed(compiled(text=text).stamp(VALUES))
    assert body(mail, "plain") == text


@pytest.mark.parametrize(
    "change", [str.upper, lambda marker: marker[:-1], lambda m: m[:9] + "\n" + m[9:]]
)
def test_a_marker_changed_on_the_way_is_an_error(change):
    broken = change(mark(Placeholder.NAME))
    if MARKERS.nonce in broken.lower():
        with pytest.raises(BrokenMarker):
            compiled(text=f"Dear {broken}")
    else:
        assert body(parsed(compiled(text=broken).stamp(VALUES)), "plain") == broken


def test_fresh_markers_differ_and_hold_letters_and_digits_only():
    first, second = Markers.fresh(), Markers.fresh()
    assert first != second
    for token in Placeholder:
        marker = first.marker(token)
        assert re.fullmatch("[a-z0-9]+", marker)
        assert list(first.split(f"a{marker}b")) == ["a", token, "b"]


def test_a_nonce_that_could_be_guessed_is_not_taken():
    with pytest.raises(ValueError, match="nonce"):
        Markers("short")


def test_a_missing_value_is_an_error_and_one_too_many_is_not():
    message = compiled()
    message.stamp(VALUES | {Placeholder.WEB_URL: "https://news.example.org/"})
    without = {key: value for key, value in VALUES.items() if key is not Placeholder.ADDRESS}
    with pytest.raises(MissingValue, match="address"):
        message.stamp(without)


def test_a_message_says_which_values_it_needs():
    message = compiled(text=f"Dear {mark(Placeholder.NAME)}")
    assert message.placeholders == {
        Placeholder.ADDRESS,
        Placeholder.NAME,
        Placeholder.MESSAGE_ID,
        Placeholder.ONE_CLICK_URL,
        Placeholder.UNSUBSCRIBE_MAILTO,
    }


def test_a_message_read_back_from_storage_is_the_same():
    message = compiled(text=f"Grüße {mark(Placeholder.NAME)}", to_name=True)
    again = CompiledMessage.from_bytes(message.to_bytes())
    assert again == message
    assert again.stamp(VALUES) == message.stamp(VALUES)


@pytest.mark.parametrize(
    "header",
    [
        ("subject", "Second"),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/html"),
        ("Return-Path", "<a@example.com>"),
        ("X-Test: yes\r\nBcc", "b@example.net"),
        ("", "empty"),
        ("X-Test", "one\r\nBcc: b@example.net"),
        ("X-Test", "Grüße"),
        ("X-Test", "x" * 1000),
        ("Sender", mark(Placeholder.UNSUBSCRIBE_URL) + "@example.com"),
        ("Sender", "Näme <a@example.com>"),
    ],
)
def test_a_forged_or_doubled_header_is_an_error(header):
    with pytest.raises(UnsafeHeader):
        compile_message(headers=[*headers(), header], text="x", html=None, markers=MARKERS)
