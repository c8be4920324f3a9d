"""Messages of few words, and how to read and judge what became of them."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from hypothesis import strategies as st

from newsletter.mail.headers import digest_headers
from newsletter.mail.message import (
    Markers,
    Placeholder,
    compile_message,
)

MARKERS = Markers("0123456789abcdef")
URL = "https://news.example.org/u/1?a=b&c=" + "d" * 120
VALUES = {
    Placeholder.ADDRESS: "reader@example.com",
    Placeholder.NAME: "Reader",
    Placeholder.MESSAGE_ID: "17.abc@news.example.org",
    Placeholder.UNSUBSCRIBE_URL: URL,
    Placeholder.ONE_CLICK_URL: URL,
    Placeholder.UNSUBSCRIBE_MAILTO: "mailto:unsubscribe+abc@news.example.org",
    Placeholder.PREFERENCES_URL: "https://news.example.org/p/abc",
}
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=300)
AWKWARD = st.text(
    st.sampled_from("ab =.\r\n\0\t\x7f\u2028\ud800<>&\"'\\,:;@?_é漢😀") | st.characters(),
    max_size=300,
)


def mark(token):
    return MARKERS.marker(token)


def headers(subject="News", **changes):
    given_headers = {
        "from_name": "IRIA News",
        "from_email": "news@example.org",
        "reply_to": None,
        "date": datetime(2026, 11, 23, 6, 30, tzinfo=UTC),
        "list_id": "iria-news.example.org",
        "archive_url": None,
        "feedback_id": None,
        "mailto": True,
    }
    return digest_headers(markers=MARKERS, subject=subject, **(given_headers | changes))


def compiled(text="Hello.\n", html="<p>Hello.</p>\n", **changes):
    return compile_message(headers=headers(**changes), text=text, html=html, markers=MARKERS)


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=default)


def body(message, subtype):
    part = message.get_body((subtype,))
    return part.get_payload(decode=True).decode("utf-8").replace("\r\n", "\n")


def assert_fit_for_the_wire(content, whole=("list-unsubscribe", "to", "message-id")):
    assert content.isascii()
    assert content.endswith(b"\r\n")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\0" not in content
    for line in content.decode("ascii").split("\r\n"):
        assert not line.startswith(".")
        name = line.partition(":")[0].lower()
        assert len(line) <= (998 if name in whole else 76)
        for word in re.findall(r"=\?utf-8\?.*?\?=", line):
            assert len(word) <= 75
