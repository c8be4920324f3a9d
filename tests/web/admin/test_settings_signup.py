"""The rules of the signup gate, set by owners; and a tripped breaker among the troubles."""

from datetime import timedelta

import pytest

from newsletter.clock import utc_now
from newsletter.publications.models import DisposablePolicy, Publication
from newsletter.subscriptions.gate_models import SignupBreaker
from newsletter.subscriptions.signup_breaker import breaker
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make, reload
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import words

PATH = "/admin/settings/signup"
RULES = {"disposable_addresses": "refuse", "floor": "100", "least_percent": "30"}


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(name="The Harbour")


def trip() -> None:
    """Trip the breaker half an hour ago."""
    with unit_of_work() as session:
        moment = utc_now() - timedelta(minutes=30)
        session.add(SignupBreaker(id=1, tripped_at=moment, asked=400, confirmed=3))


def test_the_rules_are_shown_saved_and_recorded(owner: Browser, paper: Publication) -> None:
    page = owner.get(PATH).text
    assert 'value="60"' in page
    assert 'value="warn" selected' in page
    assert owner.post(PATH, RULES).status_code == 302
    assert "Saved." in owner.get(PATH).text
    assert reload(paper).disposable_addresses is DisposablePolicy.REFUSE
    assert (breaker().floor, breaker().least_percent) == (100, 30)
    record = owner.get("/admin/settings/staff").text
    assert "disposable_addresses, signup_breaker" in record
    owner.post(PATH, RULES)
    assert "Nothing was changed." in owner.get(PATH).text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"floor": "9"}, "floor"),
        ({"floor": "many"}, "floor"),
        ({"least_percent": "0"}, "least_percent"),
        ({"disposable_addresses": "maybe"}, "disposable_addresses"),
    ],
)
def test_a_rule_that_cannot_be_kept_leaves_all_as_they_were(
    owner: Browser, paper: Publication, change: dict[str, str], field: str
) -> None:
    owner.get(PATH)
    answer = owner.post(PATH, {**RULES, **change})
    assert answer.status_code == 400
    assert f'aria-describedby="problem-{field}' in answer.text
    assert reload(paper).disposable_addresses is DisposablePolicy.WARN
    assert breaker().floor == 60


def test_a_tripped_breaker_stands_among_the_troubles_and_by_its_rule(
    owner: Browser, paper: Publication
) -> None:
    assert "Every signup has been checked" not in words(owner.get("/admin/").text)
    trip()
    page = words(owner.get("/admin/").text)
    assert "Every signup has been checked for 30 min: few confirm" in page
    assert "400 confirmations asked for, 3 came" in page
    assert "Every signup is checked just now" in words(owner.get(PATH).text)
