"""What the signup gate asks about an address: slips, disposable ones, domains without mail."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from newsletter.config import Settings
from newsletter.extensions import db
from newsletter.publications.models import DisposablePolicy, Publication
from newsletter.subscriptions.models import Subscriber
from tests.factories import Make
from tests.web.signup_doors import TAKEN, Door, by_page, every_door, every_json_door, readers
from tests.web.signup_doors import _fresh as _fresh
from tests.web.signup_doors import paper as paper


@every_door
def test_a_slip_is_asked_about_and_never_rewritten(
    client: FlaskClient, paper: Publication, door: Door
) -> None:
    answer = door(client, {"email": "ann@gmai.com"})
    assert answer.status_code == 422
    assert "Did you mean gmail.com?" in answer.text
    assert readers() == 0
    kept = door(client, {"email": "ann@gmai.com", "keep": "ann@gmai.com"})
    assert kept.status_code in TAKEN
    assert db.session.scalars(sa.select(Subscriber.email)).one() == "ann@gmai.com"


def test_the_language_of_a_form_stays_when_a_question_comes_between(
    client: FlaskClient, make: Make
) -> None:
    make.publication(languages="uk")
    page = client.post("/subscribe", data={"email": "ann@gmai.com", "lang": "uk"}).text
    assert page.count('name="lang" value="uk"') == 2


def test_one_press_takes_the_suggestion_and_one_keeps_the_address(
    client: FlaskClient, paper: Publication
) -> None:
    page = client.post("/subscribe", data={"email": " ann@GMAI.com"}).text
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    sent = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in forms]
    assert [fields["email"] for fields in sent] == ["ann@gmail.com", "ann@GMAI.com"]
    for fields in sent:
        assert client.post("/subscribe", data=fields).status_code == 200
    assert set(db.session.scalars(sa.select(Subscriber.email))) == {
        "ann@gmail.com",
        "ann@gmai.com",
    }


@every_json_door
def test_json_is_told_what_was_probably_meant(
    client: FlaskClient, paper: Publication, path: str
) -> None:
    answer = client.post(path, json={"email": "ann@gmai.com"}).get_json()
    assert answer["suggestion"] == "ann@gmail.com"
    assert (answer["field"], answer["may_keep"]) == ("email", True)


@pytest.mark.parametrize(
    ("policy", "statuses"),
    [
        (DisposablePolicy.ALLOW, (200, 200)),
        (DisposablePolicy.WARN, (422, 200)),
        (DisposablePolicy.REFUSE, (422, 422)),
    ],
)
def test_disposable_addresses_go_by_the_publications_policy(
    client: FlaskClient, make: Make, policy: DisposablePolicy, statuses: tuple[int, int]
) -> None:
    make.publication(disposable_addresses=policy)
    email = "ann@mailinator.com"
    first = client.post("/subscribe", data={"email": email})
    kept = client.post("/subscribe", data={"email": email, "keep": email})
    assert (first.status_code, kept.status_code) == statuses


def test_a_disposable_address_that_is_taken_like_any_other_is_not_suspected_either(
    client: FlaskClient, make: Make
) -> None:
    email = "ann@mailinator.com"
    for policy, status in {DisposablePolicy.ALLOW: 200, DisposablePolicy.WARN: 403}.items():
        slug = make.publication(disposable_addresses=policy).slug
        at_once = {"email": email, "keep": email, "publication": slug}
        assert by_page(client, at_once).status_code == status


class Known:
    """Stands in for DNS."""

    def __init__(self, answer: bool | None) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def takes_mail(self, domain: str) -> bool | None:
        self.asked.append(domain)
        return self.answer


@pytest.mark.parametrize(("answer", "status"), [(True, 200), (None, 200), (False, 422)])
def test_a_domain_without_mail_is_refused_and_a_dead_name_server_stops_nobody(
    app: Flask,
    client: FlaskClient,
    paper: Publication,
    session_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    answer: bool | None,
    status: int,
) -> None:
    sending = session_settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    known = Known(answer)
    monkeypatch.setitem(app.extensions, "settings", sending)
    monkeypatch.setitem(app.extensions, "exchangers", known)
    email = "ann@bücher.example"
    got = client.post("/subscribe", data={"email": email, "keep": email})
    assert got.status_code == status
    assert known.asked == ["xn--bcher-kva.example"]
    assert ("takes no mail" in got.text) is (status == 422)
