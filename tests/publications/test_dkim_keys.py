"""DKIM keys: made, activated, replaced, retired – and used only where they align."""

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from newsletter.config import settings
from newsletter.extensions import db
from newsletter.mail.dkim_record import Algorithm
from newsletter.publications.dkim_keys import (
    UnusableKey,
    activate_key,
    create_key,
    is_aligned,
    key_called,
    record_of,
    retire_key,
    signer_of,
)
from newsletter.publications.dkim_secrets import UnreadableKey
from newsletter.publications.models import DkimKey, DkimKeyState, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.publications.dkim_keys import active_key, judged

ED25519, RSA = Algorithm.ED25519, Algorithm.RSA
MAIL = b"From: paper@example.net\r\nSubject: News\r\n\r\nHello.\r\n"


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(from_email="Paper@Example.net")


def new_key(
    publication: Publication, algorithm: Algorithm = ED25519, selector: str = ""
) -> DkimKey:
    with unit_of_work() as session:
        home = session.get_one(Publication, publication.id)
        return create_key(publication=home, algorithm=algorithm, selector=selector, now=NOW)


def test_a_new_key_is_for_the_senders_domain_and_signs_nothing(paper: Publication) -> None:
    key = new_key(paper)
    assert (key.domain, key.selector, key.state) == (
        "example.net",
        "ed25519-202603",
        DkimKeyState.WAITING,
    )
    assert signer_of(reload(paper), now=NOW).sign(MAIL) == MAIL


def test_a_domain_with_other_letters_is_named_as_dns_names_it(make: Make) -> None:
    key = new_key(make.publication(from_email="paper@zürich.example.org"))
    assert record_of(key).name == "ed25519-202603._domainkey.xn--zrich-kva.example.org"


def test_selectors_are_numbered_where_the_month_has_several(paper: Publication, make: Make) -> None:
    other = make.publication(from_email="other@example.net")
    keys = [new_key(paper), new_key(other), new_key(paper), new_key(paper, RSA)]
    assert [key.selector for key in keys] == [
        "ed25519-202603",
        "ed25519-202603-2",
        "ed25519-202603-3",
        "rsa-202603",
    ]


@pytest.mark.parametrize("selector", ["Two", "a.b", "-a", "a-", "a" * 64, "é", "a b", "a\n"])
def test_a_selector_that_dns_could_not_carry_is_refused(paper: Publication, selector: str) -> None:
    with pytest.raises(UnusableKey, match="cannot be used"):
        new_key(paper, selector=selector)


def test_a_selector_is_taken_once_for_a_domain_even_after_its_key_retired(
    paper: Publication,
) -> None:
    key = new_key(paper, selector="s1")
    with unit_of_work() as session:
        retire_key(key=session.get_one(DkimKey, key.id))
    with pytest.raises(UnusableKey, match="already a key s1 for example"):
        new_key(paper, selector="s1")


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_an_active_key_signs_what_its_record_checks(
    paper: Publication, algorithm: Algorithm
) -> None:
    active_key(paper, algorithm)
    signed = signer_of(reload(paper), now=NOW).sign(MAIL)
    assert judged(signed) == [True]
    assert f"a={algorithm.value}-sha256".encode() in signed


def test_one_key_of_each_algorithm_signs_beside_the_other(paper: Publication) -> None:
    active_key(paper, RSA)
    active_key(paper, ED25519)
    assert judged(signer_of(reload(paper), now=NOW).sign(MAIL)) == [True, True]


def test_activating_a_second_key_retires_the_first_of_its_algorithm(paper: Publication) -> None:
    rsa, first = active_key(paper, RSA), active_key(paper)
    second = new_key(paper)
    with unit_of_work() as session:
        replaced = activate_key(key=session.get_one(DkimKey, second.id))
        assert replaced is not None
        assert replaced.id == first.id
    assert reload(first).state is DkimKeyState.RETIRED
    assert reload(rsa).state is DkimKeyState.ACTIVE
    assert {key.selector for key in signer_of(reload(paper), now=NOW).keys} == {
        rsa.selector,
        second.selector,
    }


def test_activating_twice_changes_nothing(paper: Publication) -> None:
    key = active_key(paper)
    with unit_of_work() as session:
        assert activate_key(key=session.get_one(DkimKey, key.id)) is None
    assert reload(key).state is DkimKeyState.ACTIVE


def test_the_database_allows_one_active_key_of_an_algorithm(paper: Publication) -> None:
    active_key(paper)
    second = new_key(paper)
    with pytest.raises(IntegrityError), unit_of_work() as session:
        session.execute(
            sa.update(DkimKey).where(DkimKey.id == second.id).values(state=DkimKeyState.ACTIVE)
        )


def test_a_retired_key_is_forgotten_and_never_signs_again(paper: Publication) -> None:
    key = active_key(paper)
    with unit_of_work() as session:
        retire_key(key=session.get_one(DkimKey, key.id))
    assert reload(key).private_key == ""
    assert signer_of(reload(paper), now=NOW).sign(MAIL) == MAIL
    with pytest.raises(UnusableKey, match="was retired"), unit_of_work() as session:
        activate_key(key=session.get_one(DkimKey, key.id))


def test_a_key_of_a_domain_the_sender_left_is_left_aside(paper: Publication) -> None:
    key = active_key(paper)
    waiting = new_key(paper)
    with unit_of_work() as session:
        session.get_one(Publication, paper.id).from_email = "paper@news.example.net"
    assert not is_aligned(reload(key))
    assert signer_of(reload(paper), now=NOW).sign(MAIL) == MAIL
    with pytest.raises(UnusableKey, match=r"sends from news\.example\.net"):
        activate_key(key=reload(waiting))


def test_a_key_that_is_not_there_is_named(paper: Publication) -> None:
    with pytest.raises(UnusableKey, match="has no DKIM key s9"):
        key_called(publication=paper, selector="s9")


def test_the_database_does_not_show_a_private_key(paper: Publication) -> None:
    key = active_key(paper)
    opened = signer_of(reload(paper), now=NOW).keys[0].private_key
    assert opened.private_bytes_raw() not in key.private_key.encode()  # type: ignore[union-attr]
    assert key.private_key.startswith("gAAAA")  # a Fernet token


def test_a_key_stays_readable_when_a_new_secret_comes_in_front(
    paper: Publication, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    active_key(paper)
    newer = settings.model_copy(update={"secret_key": f"{'n' * 40},{settings.secret_key}"})
    monkeypatch.setitem(app.extensions, "settings", newer)
    assert judged(signer_of(reload(paper), now=NOW).sign(MAIL)) == [True]


def test_without_the_oldest_secret_the_refusal_says_so(
    paper: Publication, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    active_key(paper)
    other = settings.model_copy(update={"secret_key": "o" * 40})
    monkeypatch.setitem(app.extensions, "settings", other)
    with pytest.raises(UnreadableKey, match="the last of the SECRET_KEYs is not the one"):
        signer_of(reload(paper), now=NOW)


def test_the_keys_of_a_publication_go_with_it(paper: Publication) -> None:
    active_key(paper)
    with unit_of_work() as session:
        session.delete(session.get_one(Publication, paper.id))
    assert not db.session.scalars(sa.select(DkimKey)).all()
