"""Messages: what is compiled and stamped is what the reader's program takes apart again."""

import re
from email import message_from_bytes
from email.header import decode_header, make_header

from hypothesis import example, given, settings

from newsletter.mail.message import (
    Placeholder,
)
from tests.mail.messages import (
    ANY_TEXT,
    AWKWARD,
    VALUES,
    assert_fit_for_the_wire,
    body,
    compiled,
    mark,
    parsed,
)


def shown(value):
    """What a reader sees of a personal value: control characters become spaces."""
    spaced = re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", value)
    return spaced.encode("utf-8", "replace").decode("utf-8")


def article(text):
    """What a reader sees of an article's text: line ends are one kind."""
    return re.sub("\r\n?", "\n", text).encode("utf-8", "replace").decode("utf-8")


def html_escaped(value):
    for bare, written in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&quot;"),
        ("'", "&#x27;"),
    ):
        value = value.replace(bare, written)
    return value


@settings(deadline=None)
@given(name=ANY_TEXT | AWKWARD)
@example(name="." * 200)
@example(name="=" * 76)
@example(name=" ")
@example(name="")
@example(name="x\r\nBcc: other@example.net\r\n\r\n.\r\n")
@example(name="=?utf-8?q?forged?=")
def test_any_name_arrives_as_it_was_given(name):
    text = f"Dear {mark(Placeholder.NAME)},\n{mark(Placeholder.NAME)}\nend {mark(Placeholder.NAME)}"
    html = f'<p title="{mark(Placeholder.NAME)}">Dear {mark(Placeholder.NAME)}</p>'
    subject = f"For {mark(Placeholder.NAME)} alone"
    message = compiled(text=text, html=html, subject=subject, to_name=True)

    content = message.stamp(VALUES | {Placeholder.NAME: name})

    assert_fit_for_the_wire(content)
    mail = parsed(content)
    seen = shown(name)
    assert body(mail, "plain") == f"Dear {seen},\n{seen}\nend {seen}"
    seen_html = html_escaped(seen)
    assert body(mail, "html") == f'<p title="{seen_html}">Dear {seen_html}</p>'
    assert mail.get_all("Bcc") is None
    assert len(mail.get_all("Subject")) == len(mail.get_all("To")) == 1
    [recipient] = mail["To"].addresses
    assert recipient.addr_spec == "reader@example.com"


@settings(deadline=None)
@given(text=ANY_TEXT | AWKWARD, html=ANY_TEXT | AWKWARD)
@example(text=".\n..\n...\r\n.", html="." * 500)
@example(text=("x" * 75 + " ") * 3 + "\n \n\t\n" + "é" * 90, html="\n" + "=\n" * 10 + " ")
@example(text=".abc" * 60 + "=" * 300, html="--=_\n--=_--\n")
def test_any_article_arrives_as_it_was_written(text, html):
    content = compiled(text=text, html=html).stamp(VALUES)

    assert_fit_for_the_wire(content)
    mail = parsed(content)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert body(mail, "plain") == article(text)
    assert body(mail, "html") == article(html)


@settings(deadline=None)
@given(subject=ANY_TEXT | AWKWARD)
@example(subject="x" * 300)
@example(subject="many words " * 30)
@example(subject="a =?utf-8?q?b?= c")
@example(subject="漢字" * 60)
@example(subject="  two  spaces\r\nX-Forged: yes")
def test_any_subject_arrives_on_one_line(subject):
    content = compiled(subject=subject).stamp(VALUES)

    assert_fit_for_the_wire(content)
    mail = parsed(content)
    assert mail["X-Forged"] is None
    assert mail["Subject"] == " ".join(shown(subject).split())


@settings(deadline=None)
@given(name=ANY_TEXT | AWKWARD)
@example(name='The "Daily", Ltd. \\')
@example(name="Zeitung für Leser " * 8)
@example(name="Very Plain Name " * 10)
def test_any_sender_name_arrives_before_the_address(name):
    content = compiled(from_name=name).stamp(VALUES)

    assert_fit_for_the_wire(content)
    [sender] = parsed(content)["From"].addresses
    assert sender.addr_spec == "news@example.org"
    if "=?" not in name and " ".join(shown(name).split()):
        unfolded = message_from_bytes(content)["From"].replace("\r\n", "")
        # The newer parser leaves the spaces between encoded-words of a name, so the older judges.
        seen = str(make_header(decode_header(unfolded)))
        written = " ".join(shown(name).split())
        quoted = written.replace("\\", "\\\\").replace('"', '\\"')
        assert seen in [f"{name} <news@example.org>" for name in (written, f'"{quoted}"')]


def test_text_alone_makes_a_single_part():
    content = compiled(text="Hello", html=None).stamp(VALUES)
    mail = parsed(content)
    assert mail.get_content_type() == "text/plain"
    assert content.endswith(b"\r\n\r\nHello\r\n")


def test_machine_read_headers_are_written_whole():
    values = VALUES | {Placeholder.ONE_CLICK_URL: "https://news.example.org/" + "t" * 370}
    content = compiled().stamp(values)
    line = (
        f"List-Unsubscribe: <{values[Placeholder.ONE_CLICK_URL]}>,"
        f" <{VALUES[Placeholder.UNSUBSCRIBE_MAILTO]}>"
    )
    lines = content.decode("ascii").split("\r\n")
    assert line in lines
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert "Message-ID: <17.abc@news.example.org>" in lines
