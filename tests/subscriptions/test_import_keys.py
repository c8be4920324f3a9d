"""An import that looks no key up leaves none behind that leads nowhere."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.database import WRITER
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions import bulk_import, import_rows
from newsletter.subscriptions.bulk_import import Overtaken
from newsletter.subscriptions.import_keys import hold_keys
from newsletter.subscriptions.import_plan import ImportPlan
from newsletter.subscriptions.models import ConsentEvent, Subscriber, Subscription
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make
from tests.subscriptions.test_bulk_import import bring_in, count

pytestmark = pytest.mark.skipif(
    not os.environ.get("TEST_DATABASE_URL", "").startswith("postgresql"),
    reason="SQLite looks up every key",
)

#: Such as: the database waited for a lock longer than it was told to.
WAITED = "canceling statement due to lock timeout"


@pytest.fixture
def publication(make: Make) -> Publication:
    return make.publication(default_cadence=Cadence.WEEKLY)


@pytest.fixture
def plan(publication: Publication) -> ImportPlan:
    plan = ImportPlan(publication_id=publication.id)
    db.session.rollback()
    return plan


@pytest.fixture
def known(make: Make, publication: Publication) -> Subscriber:
    """A reader of another publication, whom the import finds."""
    other = make.publication(slug="other")
    return make.subscription(publication=other, email="ann@example.org").subscriber


@contextmanager
def elsewhere() -> Iterator[sa.Connection]:
    """Yield another connection, which waits for a lock only a moment."""
    with db.engine.execution_options(**{WRITER: True}).begin() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
        yield connection


def erase(model: type, row_id: int) -> None:
    with elsewhere() as connection:
        connection.execute(sa.delete(model).where(model.id == row_id))  # type: ignore[attr-defined]


def test_the_publication_stays_while_its_readers_are_imported(plan: ImportPlan) -> None:
    with unit_of_work():
        assert hold_keys(plan)
        with pytest.raises(sa.exc.OperationalError, match=WAITED):
            erase(Publication, plan.publication_id)


def test_two_imports_hold_the_publication_at_once(plan: ImportPlan) -> None:
    with unit_of_work():
        hold_keys(plan)
        with elsewhere() as connection:
            statement = sa.select(Publication.id).with_for_update(read=True, key_share=True)
            assert connection.scalar(statement) == plan.publication_id


def test_a_known_reader_stays_until_her_subscription_is_stored(
    publication: Publication, known: Subscriber, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_id, real = known.id, import_rows.add_hours

    def erase_and_go_on() -> None:
        with pytest.raises(sa.exc.OperationalError, match=WAITED):
            erase(Subscriber, known_id)
        real()

    db.session.rollback()
    monkeypatch.setattr(import_rows, "add_hours", erase_and_go_on)
    [result] = bring_in(publication, tmp_path, "email\nann@example.org\n")
    assert result.added == 1


def test_a_known_reader_cannot_sign_up_until_her_subscription_is_stored(
    publication: Publication, known: Subscriber, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signup = sa.insert(Subscription).values(
        subscriber_id=known.id,
        publication_id=publication.id,
        cadence=Cadence.DAILY,
        created_at=NOW,
        signed_up_at=NOW,
    )
    real = import_rows.add_hours

    def sign_up_and_go_on() -> None:
        with pytest.raises(sa.exc.OperationalError, match=WAITED), elsewhere() as connection:
            connection.execute(signup)
        real()

    db.session.rollback()
    monkeypatch.setattr(import_rows, "add_hours", sign_up_and_go_on)
    [result] = bring_in(publication, tmp_path, "email\nann@example.org\n")
    assert (result.added, count(Subscription)) == (1, 2)


def test_a_known_reader_who_is_erased_first_ends_the_slice_and_nothing_of_it_stays(
    publication: Publication, known: Subscriber, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_id, real = known.id, import_rows.lock_known

    def too_late() -> None:
        erase(Subscriber, known_id)
        real()

    db.session.rollback()
    monkeypatch.setattr(import_rows, "lock_known", too_late)
    with pytest.raises(sa.exc.IntegrityError):
        bring_in(publication, tmp_path, "email\nann@example.org\nbob@example.org\n")
    assert [count(model) for model in (Subscriber, Subscription, ConsentEvent)] == [0, 0, 0]


def test_keys_are_looked_up_again_when_the_slice_is_stored(
    publication: Publication, tmp_path: Path
) -> None:
    bring_in(publication, tmp_path, "email\nann@example.org\n")
    assert db.session.scalar(sa.text("SHOW session_replication_role")) == "origin"


def test_an_address_that_somebody_else_brought_is_not_written_to_the_log_of_errors(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verbosity: list[str | None] = []
    real = import_rows.add_subscribers

    def noted(*, now: datetime, all_or_none: bool) -> int:
        assert all_or_none
        verbosity.append(db.session.scalar(sa.text("SHOW log_error_verbosity")))
        return real(now=now, all_or_none=all_or_none)

    monkeypatch.setattr(import_rows, "add_subscribers", noted)
    bring_in(publication, tmp_path, "email\nann@example.org\n")
    assert verbosity == ["terse"]
    assert db.session.scalar(sa.text("SHOW log_error_verbosity")) == "default"


def test_without_that_right_an_address_that_somebody_else_brought_is_no_error(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Her row appears after the import looked for her, and before it stores its own."""
    real = import_rows.add_subscribers

    def late(*, now: datetime, all_or_none: bool) -> int:
        with elsewhere() as connection:
            row = {"email": "a@example.org", "email_key": "a@example.org", "address_hash": "x"}
            connection.execute(sa.insert(Subscriber).values(**row, created_at=now))
        return real(now=now, all_or_none=all_or_none)

    monkeypatch.setattr(bulk_import, "hold_keys", lambda _plan: False)
    monkeypatch.setattr(import_rows, "add_subscribers", late)
    with pytest.raises(Overtaken):
        bring_in(publication, tmp_path, "email\na@example.org\nb@example.org\n")
    assert [count(model) for model in (Subscriber, Subscription)] == [1, 0]


def test_a_role_that_may_not_spare_them_has_them_looked_up(plan: ImportPlan) -> None:
    with unit_of_work() as session:
        session.execute(sa.text("SET LOCAL ROLE pg_monitor"))
        assert not hold_keys(plan)
        assert session.scalar(sa.text("SHOW session_replication_role")) == "origin"
