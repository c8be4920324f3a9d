"""The list of silenced addresses: found, lifted, written and read."""

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.extensions import db
from newsletter.spreadsheets import plain_cell
from newsletter.suppressions.csv_list import (
    MOST_OCTETS,
    UnusableList,
    import_list,
    written,
)
from newsletter.suppressions.lift import CannotLift, lift
from newsletter.suppressions.listing import (
    SuppressionFilter,
    count_by_reason,
    every_suppression,
    find_suppressions,
)
from newsletter.suppressions.models import SoftPoint, Suppression, SuppressionReason
from newsletter.suppressions.soft_points import add_soft_point
from newsletter.suppressions.suppress import suppress, suppression_of
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("app")


def silence(
    address: str, reason: SuppressionReason = SuppressionReason.MANUAL, note: str = ""
) -> None:
    with unit_of_work():
        suppress(address=address, reason=reason, note=note, now=NOW)


def found(address: str = "", reason: SuppressionReason | None = None) -> list[str]:
    db.session.rollback()
    wanted = SuppressionFilter(address=address, reason=reason)
    return [one.address_key for one in find_suppressions(wanted).suppressions]


def read(text: str | bytes) -> tuple[int, int, int]:
    octets = text.encode() if isinstance(text, str) else text
    with unit_of_work():
        report = import_list(octets=octets, now=NOW)
    return report.added, report.known, report.refused


def test_it_is_found_by_the_beginning_of_the_address_and_by_reason() -> None:
    silence("Ann@example.org")
    silence("anton@example.org", SuppressionReason.COMPLAINT)
    silence("a%n@example.org")
    assert found("AN") == ["anton@example.org", "ann@example.org"]
    assert found("a%") == ["a%n@example.org"]
    assert found(reason=SuppressionReason.COMPLAINT) == ["anton@example.org"]
    assert count_by_reason()[SuppressionReason.MANUAL] == 2
    assert count_by_reason()[SuppressionReason.ERASED] == 0


def test_an_erased_reader_is_found_by_the_whole_address_alone() -> None:
    silence("ann@example.org", SuppressionReason.ERASED)
    assert found("ann") == []
    assert found("ann@example.org") == [""]


def test_pages_follow_each_other() -> None:
    for number in range(5):
        silence(f"{number}@example.org")
    first = find_suppressions(SuppressionFilter(), limit=2)
    second = find_suppressions(SuppressionFilter(), limit=2, after=first.after)
    third = find_suppressions(SuppressionFilter(), limit=2, after=second.after)
    pages = [[one.address_key[0] for one in page.suppressions] for page in (first, second, third)]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    assert third.after is None


def test_lifting_needs_a_reason_and_begins_anew() -> None:
    with unit_of_work():
        for _ in range(2):
            add_soft_point(address="ann@example.org", now=NOW, last_success=None)
    silence("ann@example.org", SuppressionReason.SOFT_BOUNCES)
    suppression = db.session.scalars(sa.select(Suppression)).one()
    with pytest.raises(CannotLift, match="Say why"), unit_of_work():
        lift(suppression=db.session.get_one(Suppression, suppression.id), note=" ")
    with unit_of_work():
        lift(suppression=db.session.get_one(Suppression, suppression.id), note="she wrote")
    assert suppression_of(address="ann@example.org") is None
    assert db.session.scalars(sa.select(SoftPoint)).all() == []


def test_an_erased_reader_is_never_lifted_whatever_silenced_her_first() -> None:
    silence("ann@example.org", SuppressionReason.HARD_BOUNCE)
    silence("ann@example.org", SuppressionReason.ERASED)
    with pytest.raises(CannotLift), unit_of_work():
        lift(suppression=db.session.scalars(sa.select(Suppression)).one(), note="please")
    assert suppression_of(address="ann@example.org") is not None


def test_what_is_written_is_read_again(app: Flask) -> None:
    silence("ann@example.org", SuppressionReason.HARD_BOUNCE, "550 5.1.1 <…@…>, gone")
    silence("=cmd@example.org", note="=1+1")
    silence("erased@example.org", SuppressionReason.ERASED)
    text = "".join(written(every_suppression(SuppressionFilter())))
    assert text.splitlines()[1].startswith("'=cmd@example.org,manual,2026-03-02T09:00:00+00:00,'=")
    assert "erased" not in text
    with unit_of_work() as session:
        session.execute(sa.delete(Suppression))
    assert read(text) == (2, 0, 0)
    assert found() == ["ann@example.org", "=cmd@example.org"]
    suppression = suppression_of(address="ann@example.org")
    assert suppression is not None
    assert suppression.reason is SuppressionReason.HARD_BOUNCE


@pytest.mark.parametrize("value", ["=1", "+1", "-1", "@x", "\tx"])
def test_no_spreadsheet_runs_a_cell(value: str) -> None:
    assert plain_cell(value) == f"'{value}"


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.org\nbob@example.org\n",
        "email,reason\nann@example.org,complaint\nbob@example.org,nonsense\n",
        "Name;E-Mail\r\nAnn;ann@example.org\r\nBob;BOB@example.org\r\n",
        "\ufeffaddress\nann@example.org\n\nbob@example.org",
        "address\nann@example.org\nbob@example.org".encode("utf-16"),
    ],
)
def test_lists_of_many_kinds_are_read(text: str | bytes) -> None:
    assert read(text) == (2, 0, 0)
    assert set(found()) == {"ann@example.org", "bob@example.org"}


def test_what_is_no_address_is_counted_and_what_is_known_keeps_its_reason() -> None:
    silence("ann@example.org", SuppressionReason.COMPLAINT)
    text = "email,reason\nann@example.org,erased\nnot an address\nbob@example.org,erased\n,\n"
    with unit_of_work():
        report = import_list(octets=text.encode(), now=NOW)
    assert (report.added, report.known, report.refused) == (1, 1, 1)
    assert report.refused_lines == [3]
    assert count_by_reason()[SuppressionReason.ERASED] == 0
    assert count_by_reason()[SuppressionReason.COMPLAINT] == 1


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "empty"),
        (b"\x80\x81\x82", "UTF-8"),
        (b"a\0b", "not text"),
        (b"x" * (MOST_OCTETS + 1), "5 MB"),
        (b"a@example.org\n" * 100_001, "100,000 lines"),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(octets: bytes, words: str) -> None:
    with pytest.raises(UnusableList, match=words):
        read(octets)
    assert found() == []
