"""An import goes slice by slice: it may break off, meet signups, and leaves nothing behind."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions import bulk_import, import_rows
from newsletter.subscriptions.bulk_import import (
    import_slice,
    slices,
)
from newsletter.subscriptions.consent import history
from newsletter.subscriptions.import_lines import ReaderFile
from newsletter.subscriptions.import_plan import ImportPlan
from newsletter.subscriptions.import_stage import STAGE
from newsletter.subscriptions.models import (
    ConsentEvent,
    Letter,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make
from tests.subscriptions.importing import EVIDENCE, bring_in, count, reader
from tests.subscriptions.importing import publication as publication


def test_a_slice_that_fails_leaves_the_earlier_ones(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_import, "SLICE", 2)
    path = tmp_path / "readers.csv"
    path.write_text("".join(f"r{number}@example.org\n" for number in range(5)))
    plan = ImportPlan(publication_id=publication.id, confirmed=True, evidence=EVIDENCE)
    with ReaderFile(path) as file:
        first, second, third = slices(file, plan=plan, now=NOW)
    assert [len(one) for one in (first, second, third)] == [2, 2, 1]
    with unit_of_work():
        import_slice(plan=plan, lines=first, now=NOW)
    with pytest.raises(ZeroDivisionError), unit_of_work():
        import_slice(plan=plan, lines=second, now=NOW)
        raise ZeroDivisionError
    emails = set(db.session.scalars(sa.select(Subscriber.email)))
    assert emails == {"r0@example.org", "r1@example.org"}
    assert count(Subscription) == 2


def test_a_second_line_of_a_reader_changes_nothing_in_whatever_slice_it_stands(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "email,name\nA@example.org,first\na@EXAMPLE.org,second\nb@example.org,\na@example.org,\n"
    monkeypatch.setattr(bulk_import, "SLICE", 2)
    results = bring_in(publication, tmp_path, text)
    assert [(one.added, one.there) for one in results] == [(1, 1), (1, 1)]
    ann = reader("a@example.org").subscriber
    assert (ann.email, ann.name) == ("A@example.org", "first")
    assert count(ConsentEvent) == 2


@pytest.mark.parametrize("size", [1, 2, 10])
def test_each_line_of_a_refused_reader_is_reported(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    with unit_of_work():
        suppress(address="a@example.org", reason=SuppressionReason.MANUAL, now=NOW)
    monkeypatch.setattr(bulk_import, "SLICE", size)
    text = "a@example.org\nb@example.org\nA@Example.org\nc@example.org\n"
    results = bring_in(publication, tmp_path, text)
    assert [one.line for result in results for one in result.refusals] == [1, 3]
    assert sum(result.added for result in results) == 2
    assert sum(result.there for result in results) == 0


@pytest.mark.parametrize("confirmed", [True, False])
def test_an_import_that_broke_off_between_slices_ends_like_one_that_did_not(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, confirmed: bool
) -> None:
    monkeypatch.setattr(bulk_import, "SLICE", 2)
    lines = [f"r{number}@example.org\n" for number in range(7)]
    bring_in(publication, tmp_path, "".join(lines[:4]), confirmed=confirmed)
    again = bring_in(publication, tmp_path, "".join(lines), confirmed=confirmed)
    assert [(one.added, one.there) for one in again] == [(0, 2), (0, 2), (2, 0), (1, 0)]
    assert (count(Subscriber), count(Subscription), count(ConsentEvent)) == (7, 7, 7)
    assert count(Letter) == (0 if confirmed else 7)


def test_only_one_slice_of_the_file_is_read_ahead(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_import, "SLICE", 10)
    path = tmp_path / "readers.csv"
    path.write_text("".join(f"r{number}@example.org\n" for number in range(20_000)))
    plan = ImportPlan(publication_id=publication.id, confirmed=True, evidence=EVIDENCE)
    with ReaderFile(path) as file:
        next(slices(file, plan=plan, now=NOW))
        assert file.position < file.size / 10


def test_a_reader_who_signs_up_while_she_is_imported_keeps_what_she_chose(
    make: Make, publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Her row appears after the import looked for her, and before it locks her."""
    make.subscriber(email="a@example.org")
    real = import_rows.lock_known

    def late() -> None:
        hers = sa.select(Subscriber.id).where(Subscriber.email_key == "a@example.org")
        values = {
            "subscriber_id": hers.scalar_subquery(),
            "publication_id": publication_id,
            "cadence": Cadence.DAILY,
            "created_at": NOW,
            "signed_up_at": NOW,
            "id": 10_000_000,
        }
        db.session.execute(sa.insert(Subscription).values(values))
        real()

    publication_id = publication.id
    monkeypatch.setattr(import_rows, "lock_known", late)
    [result] = bring_in(publication, tmp_path, "a@example.org\nb@example.org\n")
    assert (result.added, result.there, result.refusals) == (1, 1, [])
    hers = reader("a@example.org")
    assert (hers.state, hers.cadence) == (SubscriptionState.PENDING, Cadence.DAILY)
    assert history(subscription_id=hers.id) == []
    assert len(history(subscription_id=reader("b@example.org").id)) == 1


def test_nothing_of_an_import_stays_beside_what_it_stored(
    publication: Publication, tmp_path: Path
) -> None:
    bring_in(publication, tmp_path, "a@example.org\n")
    with pytest.raises(sa.exc.DBAPIError):
        db.session.execute(sa.select(STAGE))
    db.session.rollback()
