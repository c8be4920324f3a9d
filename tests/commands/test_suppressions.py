"""Suppressions from the command line."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.extensions import db
from newsletter.staff.models import AuditEvent
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress, suppression_of
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW


def run(app: Flask, *args: str, code: int = 0) -> str:
    told = app.test_cli_runner().invoke(args=["suppressions", *args])
    assert told.exit_code == code, told.output
    return told.output


def acts() -> list[tuple[str, str]]:
    db.session.rollback()
    events = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id))
    return [(event.action, event.detail) for event in events]


def test_an_address_is_added_listed_and_lifted(app: Flask) -> None:
    assert "No address is suppressed" in run(app, "list")
    assert run(app, "add", "Ann@example.org", "--note", "she called") == "Suppressed.\n"
    assert "before: manual" in run(app, "add", "ann@example.org")
    assert "ann@example.org" in run(app, "list", "--address", "ann")
    (row,) = json.loads(run(app, "list", "--json"))
    assert (row["address"], row["reason"], row["note"]) == (
        "ann@example.org",
        "manual",
        "she called",
    )
    run(app, "lift", "ann@example.org", "--note", "ann@example.org wrote")
    assert suppression_of(address="ann@example.org") is None
    assert acts()[-1] == ("suppression_lifted", "manual: …@… wrote")


@pytest.mark.parametrize("address", ["nobody", "a@b@c", "a b@example.org"])
def test_what_is_no_address_is_refused(app: Flask, address: str) -> None:
    assert run(app, "add", address, code=1).startswith("Error: ")


def test_an_erased_reader_stays(app: Flask) -> None:
    with unit_of_work():
        suppress(address="ann@example.org", reason=SuppressionReason.ERASED, now=NOW)
    assert "asked to be erased" in run(app, "lift", "ann@example.org", "--note", "x", code=1)
    assert "(erased)" in run(app, "list")
    assert "not suppressed" in run(app, "lift", "bob@example.org", "--note", "x", code=1)


def test_a_list_is_imported_and_exported(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("email,reason\nann@example.org,complaint\nnobody\n")
    assert run(app, "import", str(file)).startswith("Added 1, known before 0, refused 1.")
    lines = run(app, "export", "--reason", "complaint").splitlines()
    assert lines[0] == "address,reason,since,note"
    assert lines[1].startswith("ann@example.org,complaint,")
    file.write_bytes(b"\x80")
    assert "UTF-8" in run(app, "import", str(file), code=1)
