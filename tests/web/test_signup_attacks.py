"""Attacks on the signup, each with its safe result."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.config import Settings
from newsletter.extensions import db
from newsletter.mail.mailer import RecordingMailer
from newsletter.subscriptions.letters import send_letter
from newsletter.subscriptions.models import Letter, Subscriber
from newsletter.web import _trust_proxies
from tests.factories import Make
from tests.web.signup_doors import API, TAKEN, every_json_door

MARKUP = "<script>alert(1)</script><svg onload=alert(2)>{{7*7}}${7*7}"
PROSE = "Win a prize at https://evil.example/x now"


def confirmation(name: str = "", *, client: FlaskClient, **options: object) -> str:
    """Sign up, and return the confirmation mail as it went out."""
    data = {"email": "reader@example.org", "name": name}
    assert client.post("/subscribe", data=data, **options).status_code == 200  # type: ignore[arg-type]
    mailer = RecordingMailer()
    letter_id = db.session.scalars(sa.select(Letter.id)).one()
    send_letter(letter_id=letter_id, mailer=mailer, now=utc_now())
    return mailer.sent[0].content.decode()


@pytest.mark.parametrize("name", [MARKUP, PROSE, "=cmd()", "a" * 10_000])
def test_a_name_never_reaches_the_confirmation_mail(
    client: FlaskClient, make: Make, name: str
) -> None:
    make.publication()
    mail = confirmation(name, client=client).replace("=\r\n", "")
    for piece in ("alert", "evil", "7*7", "=3Dcmd", "a" * 50):
        assert piece not in mail


@pytest.mark.parametrize("name", ["a\r\nBcc: b@example.org", "a\x00b", "a\x1bb"])
def test_a_name_with_control_characters_is_refused(
    client: FlaskClient, make: Make, name: str
) -> None:
    make.publication()
    for answer in (
        client.post("/subscribe", data={"email": "reader@example.org", "name": name}),
        client.post("/subscribe", json={"email": "reader@example.org", "name": name}),
        client.post(API, json={"email": "reader@example.org", "name": name}),
    ):
        assert answer.status_code == 400
    assert db.session.scalars(sa.select(Subscriber)).all() == []


@pytest.mark.parametrize(
    "email",
    [
        "a@example.org%0aBcc:b@example.org",
        "a@example.org;b@example.org",
        "a@example.org b@example.org",
        "a@example.org\tb",
        '"a b"@example.org',
        "a@exam\u2024ple.org@evil.example",
        "a@ex\u0430mple.or\u0261",  # homographs of no domain that mail knows
        "a@" + "x" * 10_000 + ".org",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16") * 50 + "@example.org",
    ],
)
@every_json_door
def test_an_odd_address_is_one_recipient_or_refused(
    client: FlaskClient, make: Make, path: str, email: str
) -> None:
    make.publication()
    answer = client.post(path, json={"email": email})
    stored = db.session.scalars(sa.select(Subscriber.email)).all()
    assert answer.status_code in (*TAKEN, 400, 422)
    assert len(stored) == (answer.status_code in TAKEN)
    assert all(one.count("@") == 1 and one.isprintable() and " " not in one for one in stored)


def test_a_forged_host_changes_no_address_in_the_mail(client: FlaskClient, make: Make) -> None:
    make.publication()
    headers = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": "host=evil.example",
    }
    mail = confirmation(client=client, headers=headers)
    assert "http://localhost/confirm/" in mail.replace("=\r\n", "")
    assert "evil" not in mail


@pytest.mark.parametrize("path", ["/", "/subscribe", "/?publication=paper", "/embed/paper"])
def test_a_forged_host_leads_no_reader_elsewhere(
    client: FlaskClient, make: Make, path: str
) -> None:
    make.publication(slug="paper")
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    answer = client.get(path, headers=headers)
    assert "evil" not in answer.text
    assert "evil" not in answer.headers.get("Location", "")


@pytest.mark.parametrize(
    ("hops", "forwarded", "taken"),
    [
        (0, "203.0.113.9", "198.51.100.7"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "192.0.2.1, 203.0.113.9", "203.0.113.9"),
        (2, "192.0.2.1, 203.0.113.9, 203.0.113.1", "203.0.113.9"),
    ],
)
def test_only_the_hops_that_are_trusted_name_the_client(
    session_settings: Settings, hops: int, forwarded: str, taken: str
) -> None:
    door = Flask("door")
    door.extensions["settings"] = session_settings.model_copy(update={"trusted_proxies": hops})
    _trust_proxies(door)

    @door.get("/")
    def who() -> str:
        from flask import request

        return f"{request.remote_addr} {request.host}"

    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Host": "evil.example"}
    answer = door.test_client().get(
        "/", headers=headers, environ_base={"REMOTE_ADDR": "198.51.100.7"}
    )
    assert answer.text == f"{taken} localhost"


@pytest.mark.parametrize(
    "extra",
    [
        {"status": "confirmed", "state": "confirmed", "confirmed_at": "2026-01-01"},
        {"id": "1", "subscriber_id": "1", "round": "9", "cursor": "999"},
        {"legal_basis": "imported_evidence", "source": "staff", "role": "owner"},
    ],
)
def test_fields_that_are_not_the_readers_to_set_are_ignored(
    client: FlaskClient, make: Make, extra: dict[str, str]
) -> None:
    make.publication()
    data = {"email": "reader@example.org", **extra}
    for answer in (
        client.post("/subscribe", data=data),
        client.post("/subscribe", json=data),
        client.post(API, json=data),
    ):
        assert answer.status_code in TAKEN
    subscription = db.session.scalars(sa.select(Subscriber)).one().subscriptions[0]
    assert subscription.state.value == "pending"
    assert (subscription.cursor, subscription.round) == (0, 1)
    assert subscription.legal_basis.value == "double_opt_in"
