"""Operators move readers in and out by command."""

import csv
import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.commands import import_lanes
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.staff.models import AuditEvent
from newsletter.subscriptions import bulk_import
from newsletter.subscriptions.models import Letter, Subscriber, SubscriptionState
from tests.commands.conftest import Run
from tests.factories import Make

CONFIRMED = ("--confirmed", "--evidence", "Double opt-in at the old service")


@pytest.fixture
def publication(make: Make) -> Publication:
    return make.publication(slug="news")


def file(tmp_path: Path, text: str) -> str:
    path = tmp_path / "readers.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalars(sa.select(sa.func.count()).select_from(model)).one()


def test_an_import_says_what_came_of_it(run: Run, publication: Publication, tmp_path: Path) -> None:
    path = file(tmp_path, "email\na@example.org\nb@example.org\na@example.org\nnobody\n")
    result = run("subscribers", "import", path, "--publication", "news", *CONFIRMED)
    assert result.exit_code == 0
    assert "4 lines read: 2 added, 1 already there, 1 refused." in result.output
    assert count(Subscriber) == 2


def test_refused_lines_stand_in_a_report_that_no_spreadsheet_runs(
    run: Run, publication: Publication, tmp_path: Path
) -> None:
    path = file(tmp_path, "email\na@example.org\n=cmd()|'x'\n")
    run("subscribers", "import", path, "--publication", "news", *CONFIRMED)
    report = tmp_path / "readers.csv.errors.csv"
    rows = list(csv.reader(io.StringIO(report.read_text())))
    assert rows[0] == ["line", "value", "reason"]
    assert rows[1][:2] == ["3", "'=cmd()|'x'"]
    assert report.stat().st_mode & 0o077 == 0


def test_an_import_without_refusals_leaves_no_report_of_an_earlier_one(
    run: Run, publication: Publication, tmp_path: Path
) -> None:
    report = tmp_path / "readers.csv.errors.csv"
    report.write_text("line,value,reason\n2,x,old\n")
    path = file(tmp_path, "email\na@example.org\n")
    run("subscribers", "import", path, "--publication", "news", *CONFIRMED)
    assert not report.exists()


def test_strict_makes_a_refused_line_a_failure(
    run: Run, publication: Publication, tmp_path: Path
) -> None:
    path = file(tmp_path, "email\nnobody\n")
    words = ("subscribers", "import", path, "--publication", "news", *CONFIRMED)
    assert run(*words).exit_code == 0
    assert run(*words, "--strict").exit_code == 1


def test_scripts_read_json(run: Run, publication: Publication, tmp_path: Path) -> None:
    path = file(tmp_path, "a@example.org\nb@example.org\n")
    result = run("subscribers", "import", path, "--publication", "news", "--json")
    assert json.loads(result.stdout) == {
        "lines": 2,
        "added": 2,
        "already_there": 0,
        "refused": 0,
        "letters": 2,
        "report": None,
    }
    assert count(Letter) == 2


def test_confirmed_without_evidence_is_refused_in_a_sentence(
    run: Run, publication: Publication, tmp_path: Path
) -> None:
    path = file(tmp_path, "email\na@example.org\n")
    result = run("subscribers", "import", path, "--publication", "news", "--confirmed")
    assert result.exit_code == 1
    assert "only with evidence" in result.output
    assert count(Subscriber) == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("PK\x03\x04", "spreadsheet"),
        ('"' + "a" * 20_000, "The first line cannot be read: longer than"),
        ("name,town\nAnn,Ghent\n", "names no column of addresses"),
        ("email" + ",x" * 300, "more than 200 columns"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_a_sentence(
    run: Run, publication: Publication, tmp_path: Path, text: str, says: str
) -> None:
    path = file(tmp_path, text)
    result = run("subscribers", "import", path, "--publication", "news")
    assert result.exit_code == 1
    assert says in result.output


def test_an_import_that_breaks_off_says_how_far_it_came_and_can_be_repeated(
    run: Run, publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_import, "SLICE", 2)
    real = bulk_import.import_slice

    calls: list[object] = []

    def failing(**given: object) -> object:
        calls.append(given)
        if len(calls) == 2:
            raise sa.exc.OperationalError("INSERT", {}, Exception("disk full"))
        return real(**given)  # type: ignore[arg-type]

    path = file(tmp_path, "".join(f"r{number}@example.org\n" for number in range(5)))
    words = ("subscribers", "import", path, "--publication", "news", *CONFIRMED)
    monkeypatch.setattr(import_lanes, "import_slice", failing)
    broken = run(*words)
    assert broken.exit_code == 1
    assert "after 2 lines, which are stored" in broken.output
    monkeypatch.setattr(import_lanes, "import_slice", real)
    again = run(*words)
    assert "3 added, 2 already there" in again.output


def test_an_export_can_be_imported_again(
    run: Run, make: Make, publication: Publication, tmp_path: Path
) -> None:
    topic = make.topic(publication=publication, name="Europe")
    make.topic(publication=publication, name="Asia")
    make.subscription(publication=publication, email="a@example.org", topics=frozenset({topic.id}))
    make.subscription(
        publication=publication, email="b@example.org", state=SubscriptionState.PENDING
    )
    exported = run("subscribers", "export", "--publication", "news").stdout
    other = make.publication(slug="other")
    make.topic(publication=other, name="Europe")
    make.topic(publication=other, name="Asia")
    path = file(tmp_path, exported)
    result = run("subscribers", "import", path, "--publication", "other", *CONFIRMED)
    assert "1 added, 0 already there, 1 refused" in result.output
    again = run("subscribers", "export", "--publication", "other").stdout
    assert "a@example.org,,confirmed,daily,Europe" in again


def test_erasing_a_reader_is_noted_without_her_address(
    run: Run, make: Make, publication: Publication
) -> None:
    subscription = make.subscription(publication=publication, email="ann@example.org")
    result = run("subscribers", "erase", "Ann@Example.org", "--yes")
    assert result.exit_code == 0
    assert "ann" not in result.output.casefold().replace("command", "")
    event = db.session.scalars(sa.select(AuditEvent)).one()
    assert (event.action, event.object_id) == ("reader_erased", subscription.subscriber_id)
    assert "ann" not in event.detail


def test_erasing_nobody_is_a_failure(run: Run) -> None:
    result = run("subscribers", "erase", "nobody@example.org", "--yes")
    assert result.exit_code == 1
    assert "Nobody has this address" in result.output
