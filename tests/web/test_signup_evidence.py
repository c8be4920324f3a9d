"""What is kept of where a signup came from, also when a question was put between."""

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import ConsentEvent, Source
from newsletter.web.forms import TRAP_FIELD
from tests.web.signup_doors import FOREIGN, aged_ticket
from tests.web.signup_doors import _fresh as _fresh
from tests.web.signup_doors import paper as paper

AT_HOME = {"Origin": "http://localhost", "Referer": "http://localhost/p/harbour?a=b"}
OF_THE_QUESTION = {"Origin": "http://localhost", "Referer": "http://localhost/subscribe"}
SLIP, TRAP = {"email": "ann@gmai.com"}, {"email": "ann@example.org", TRAP_FIELD: "x"}


def noted() -> tuple[Source, str]:
    db.session.rollback()
    event = db.session.scalars(sa.select(ConsentEvent)).one()
    return event.source, event.page


def answer_question(client: FlaskClient, page: str, **more: str) -> None:
    """Press the first button of a question, as a browser does."""
    (form, *_others) = re.findall(r"<form.*?</form>", page, re.DOTALL)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"(?! disabled)', form))
    answer = client.post("/subscribe", data=fields | more, headers=OF_THE_QUESTION)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (FOREIGN, (Source.FOREIGN_FORM, "https://paper.example.org/a")),
        (AT_HOME, (Source.PAGE, "http://localhost/p/harbour")),
        ({"Origin": FOREIGN["Origin"]}, (Source.FOREIGN_FORM, "https://paper.example.org")),
        ({}, (Source.FOREIGN_FORM, "")),
    ],
    ids=["another site", "our page", "a site that tells no page", "a program"],
)
@pytest.mark.parametrize("fields", [SLIP, TRAP], ids=["a slip", "a check"])
def test_a_question_between_leaves_the_page_that_was_agreed_on(
    client: FlaskClient,
    paper: Publication,
    headers: dict[str, str],
    expected: tuple[Source, str],
    fields: dict[str, str],
) -> None:
    page = client.post("/subscribe", data=fields, headers=headers).text
    answer_question(client, page, **({"ticket": aged_ticket()} if fields is TRAP else {}))
    assert noted() == expected


def test_two_questions_in_a_row_leave_it_too(client: FlaskClient, paper: Publication) -> None:
    page = client.post("/subscribe", data=SLIP | TRAP | SLIP, headers=FOREIGN).text
    (form, *_others) = re.findall(r"<form.*?</form>", page, re.DOTALL)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) | {TRAP_FIELD: "x"}
    check = client.post("/subscribe", data=fields, headers=OF_THE_QUESTION)
    assert check.status_code == 403
    ticket = aged_ticket(email="ann@gmail.com")
    answer_question(client, check.text, ticket=ticket)
    assert noted() == (Source.FOREIGN_FORM, "https://paper.example.org/a")


def test_what_was_brought_along_is_kept_without_its_query(
    client: FlaskClient, paper: Publication
) -> None:
    fields = {"email": "ann@example.org", "came_from": "https://paper.example.org/a?reader=ann#b"}
    client.post("/subscribe", data=fields)
    assert noted() == (Source.FOREIGN_FORM, "https://paper.example.org/a")
