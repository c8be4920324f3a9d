"""The outbox page: mails of the folder, shown without letting them do anything."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from newsletter.config import Settings, settings
from newsletter.mail.outbox_mailer import OutboxMailer
from newsletter.mail.outgoing import OutgoingMail

MAIL = """\
From: Paper <paper@example.org>
To: {to}
Subject: {subject}
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8

The plain words.
--b
Content-Type: text/html; charset=utf-8

<html><HEAD data-x="1"><title>x</title></HEAD><body><p>The <b>formatted</b> words.</p></body></html>
--b--
"""


def write(*, to: str = "reader@example.org", subject: str = "A subject") -> str:
    content = MAIL.format(to=to, subject=subject).replace("\n", "\r\n").encode()
    mail = OutgoingMail(id="1", sender="paper@example.org", recipient=to, content=content)
    list(OutboxMailer(settings.outbox_dir).send([mail]))
    return max(path.name for path in settings.outbox_dir.glob("*.eml"))


def test_an_empty_outbox_says_how_to_get_a_mail_into_it(client: FlaskClient) -> None:
    page = client.get("/dev/outbox")
    assert page.status_code == 200
    assert "No mail has been written yet" in page.text


def test_the_list_shows_the_newest_mail_first(client: FlaskClient) -> None:
    write(subject="The first")
    write(subject="The second <b>")
    page = client.get("/dev/outbox").text
    assert page.index("The second &lt;b&gt;") < page.index("The first")


def test_the_list_has_pages(client: FlaskClient) -> None:
    for number in range(41):
        write(subject=f"Subject number {number}.")
    assert "Subject number 0." not in client.get("/dev/outbox").text
    assert "Subject number 0." in client.get("/dev/outbox?page=2").text


def test_one_mail_is_shown_in_a_frame_that_cannot_act(client: FlaskClient) -> None:
    name = write()
    page = client.get(f"/dev/outbox/{name}").text
    assert f'src="/dev/outbox/{name}/html"' in page
    assert "allow-scripts" not in page
    assert "allow-same-origin" not in page
    body = client.get(f"/dev/outbox/{name}/html")
    policy = body.headers["Content-Security-Policy"]
    assert "sandbox allow-popups" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "<b>formatted</b>" in body.text
    assert '<HEAD data-x="1"><base target="_blank">' in body.text


def test_the_plain_text_and_the_headers_have_their_tabs(client: FlaskClient) -> None:
    name = write(to="other@example.org")
    assert "The plain words." in client.get(f"/dev/outbox/{name}?tab=text").text
    headers = client.get(f"/dev/outbox/{name}?tab=headers").text
    assert "<b>To</b>: other@example.org" in headers
    assert client.get(f"/dev/outbox/{name}?tab=raw").status_code == 400


@pytest.mark.parametrize(
    "name", ["nothing.eml", "..%2f..%2fetc%2fpasswd", "../../pyproject.toml", "%00"]
)
def test_only_mails_of_the_folder_can_be_opened(client: FlaskClient, name: str) -> None:
    assert client.get(f"/dev/outbox/{name}").status_code == 404
    assert client.get(f"/dev/outbox/{name}/html").status_code == 404


def test_where_a_relay_is_set_there_is_no_outbox_page(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = write()
    relay = Settings(_env_file=None, secret_key="k" * 40, smtp_url="smtp://relay.example.org")
    monkeypatch.setitem(app.extensions, "settings", relay)
    for path in ("/dev/outbox", f"/dev/outbox/{name}", f"/dev/outbox/{name}/html"):
        assert client.get(path).status_code == 404
