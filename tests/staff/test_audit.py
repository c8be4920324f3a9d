"""The record of what staff changed."""

import pytest

from newsletter.staff.accounts import create_staff
from newsletter.staff.audit import latest_events, record
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW


@pytest.mark.usefixtures("app")
def test_the_record_says_who_did_what_to_which_row_newest_first() -> None:
    with unit_of_work():
        ada = create_staff(
            email="ada@example.org",
            name="Ada",
            password="a quiet long password",
            role=StaffRole.EDITOR,
            now=NOW,
        )
        record("digest_paused", staff=ada, now=NOW, object_kind="digest", object_id=2**40)
        record("staff_invited", staff=None, now=NOW, detail="editor")
    newest, older = latest_events()
    assert (newest.action, newest.staff, newest.detail) == ("staff_invited", None, "editor")
    assert (older.staff, older.object_kind, older.object_id) == (ada, "digest", 2**40)
