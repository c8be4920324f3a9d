"""The header sets: exactly one of each, in the form machines expect."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from newsletter.mail.addresses import AddressError, NonAsciiLocalPart
from newsletter.mail.headers import digest_headers, letter_headers, mailbox
from newsletter.mail.message import Markers, Placeholder, UnsafeHeader

MARKERS = Markers("0123456789abcdef")
COMMON = {
    "markers": MARKERS,
    "from_name": "IRIA News",
    "from_email": "news@example.org",
    "reply_to": "desk@example.org",
    "subject": "Today",
    "date": datetime(2026, 11, 23, 7, 30, tzinfo=timezone(timedelta(hours=1))),
}
DIGEST = COMMON | {
    "list_id": "iria-news.example.org",
    "archive_url": "https://news.example.org/archive/ä?x=1",
    "feedback_id": "digest-7:iria-news:digest:example",
    "mailto": True,
}


def test_a_digest_has_every_header_once():
    headers = digest_headers(**DIGEST)
    assert headers == [
        ("From", "IRIA News <news@example.org>"),
        ("To", MARKERS.marker(Placeholder.ADDRESS)),
        ("Reply-To", "desk@example.org"),
        ("Subject", "Today"),
        ("Date", "Mon, 23 Nov 2026 06:30:00 +0000"),
        ("Message-ID", f"<{MARKERS.marker(Placeholder.MESSAGE_ID)}>"),
        ("List-Id", "<iria-news.example.org>"),
        (
            "List-Unsubscribe",
            f"<{MARKERS.marker(Placeholder.ONE_CLICK_URL)}>,"
            f" <{MARKERS.marker(Placeholder.UNSUBSCRIBE_MAILTO)}>",
        ),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Archive", "<https://news.example.org/archive/%C3%A4?x=1>"),
        ("Feedback-ID", "digest-7:iria-news:digest:example"),
    ]


def test_a_letter_says_it_is_automatic_and_offers_no_unsubscribing():
    headers = dict(letter_headers(**COMMON))
    assert headers["Auto-Submitted"] == "auto-generated"
    assert not [name for name in headers if name.startswith("List-")]


def test_what_is_not_set_is_left_out():
    names = dict(
        digest_headers(**DIGEST | {"reply_to": None, "archive_url": None, "feedback_id": None})
    )
    assert not names.keys() & {"Reply-To", "List-Archive", "Feedback-ID"}


def test_domains_are_written_as_a_labels():
    headers = dict(
        digest_headers(
            **DIGEST | {"from_email": "news@Bücher.example", "list_id": "täglich.example"}
        )
    )
    assert headers["From"] == "IRIA News <news@xn--bcher-kva.example>"
    assert headers["List-Id"] == "<xn--tglich-bua.example>"


def test_a_sender_outside_ascii_is_a_clean_error():
    with pytest.raises(NonAsciiLocalPart):
        digest_headers(**DIGEST | {"from_email": "jürgen@example.org"})


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@example.org",
        "a@",
        "a@-ü-.example",
        "a@b c",
        "a\n@example.org",
        f"{'a' * 65}@example.org",
        "\ud800@b.example",
    ],
)
def test_what_is_no_address_is_a_clean_error(address):
    with pytest.raises(AddressError):
        mailbox("News", address)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", "a@example.org"),
        ("News", "News <a@example.org>"),
        ("News, Ltd.", '"News, Ltd." <a@example.org>'),
        ('The "N"', '"The \\"N\\"" <a@example.org>'),
        (
            "Grüße aus der Hauptstadt",
            "=?utf-8?q?Gr=C3=BC=C3=9Fe_aus_der_Hauptstadt?= <a@example.org>",
        ),
        ("新聞", "=?utf-8?b?5paw6IGe?= <a@example.org>"),
    ],
)
def test_a_display_name_is_quoted_or_encoded_as_it_must_be(name, written):
    assert mailbox(name, "a@example.org") == written


@pytest.mark.parametrize("feedback_id", ["a:b:c:d:e", "a b", "ä:b", "a\r\nBcc: x"])
def test_a_feedback_id_has_at_most_four_plain_fields(feedback_id):
    with pytest.raises(UnsafeHeader):
        digest_headers(**DIGEST | {"feedback_id": feedback_id})


def test_a_date_without_zone_is_a_mistake():
    with pytest.raises(ValueError, match="UTC"):
        digest_headers(**DIGEST | {"date": datetime(2026, 11, 23)})  # noqa: DTZ001


def test_a_utc_date_is_written_as_it_is():
    headers = dict(letter_headers(**COMMON | {"date": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)}))
    assert headers["Date"] == "Fri, 02 Jan 2026 03:04:05 +0000"


def test_without_a_mailbox_that_somebody_reads_only_the_https_way_is_named():
    headers = dict(digest_headers(**DIGEST | {"mailto": False}))
    assert headers["List-Unsubscribe"] == f"<{MARKERS.marker(Placeholder.ONE_CLICK_URL)}>"
