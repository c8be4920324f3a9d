"""An import takes over at which hour a reader wants her digests, and until when she paused."""

from datetime import time, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.digests.own_hours import own_slots
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.confirm import ConfirmResult, confirm
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.export import csv_pieces
from newsletter.subscriptions.models import ReaderHours, Source
from newsletter.subscriptions.search import ReaderFilter
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make
from tests.subscriptions.importing import bring_in, reader

DAY = timedelta(days=1)


@pytest.fixture
def publication(make: Make) -> Publication:
    return make.publication()


def own(email: str) -> tuple[time, str] | None:
    hours = reader(email).own_hours
    return (hours.send_at, hours.time_zone) if hours else None


def test_hours_count_from_the_import_on(publication: Publication, tmp_path: Path) -> None:
    text = (
        "email,hour,time_zone\n"
        "a@example.org,06:30,Europe/Kyiv\n"
        "b@example.org,6:30,Europe/Kyiv\n"
        "c@example.org,,\n"
    )
    [result] = bring_in(publication, tmp_path, text)
    assert (result.added, result.refusals) == (3, [])
    assert own("a@example.org") == own("b@example.org") == (time(6, 30), "Europe/Kyiv")
    assert own("c@example.org") is None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ReaderHours)) == 1
    assert own_slots(publication, since=NOW, now=NOW + DAY)


def test_what_is_missing_of_hour_and_zone_is_the_publications(
    publication: Publication, tmp_path: Path
) -> None:
    text = "email,hour,time_zone\na@example.org,5,\nb@example.org,,Asia/Kathmandu\n"
    bring_in(publication, tmp_path, text)
    assert own("a@example.org") == (time(5), "UTC")
    assert own("b@example.org") == (time(8), "Asia/Kathmandu")


def test_a_pause_goes_on_and_one_that_is_over_is_none(
    publication: Publication, tmp_path: Path
) -> None:
    text = (
        "email,paused_until\n"
        f"a@example.org,{(NOW + DAY).isoformat()}\n"
        f"b@example.org,{(NOW - DAY).isoformat()}\n"
    )
    bring_in(publication, tmp_path, text)
    assert reader("a@example.org").paused_until == NOW + DAY
    assert reader("b@example.org").paused_until is None


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("25,,", "The hour '25' cannot be used"),
        (",Europe/Kyyiv,", "There is no time zone 'Europe/Kyyiv': did you mean Europe/Kyiv?"),
        (",,soon", "the date 'soon' cannot be read"),
        (",,2099-01-01", "is longer than a year"),
    ],
)
def test_what_cannot_be_read_refuses_the_line(
    publication: Publication, tmp_path: Path, cells: str, reason: str
) -> None:
    text = f"email,hour,time_zone,paused_until\na@example.org,{cells}\n"
    [result] = bring_in(publication, tmp_path, text)
    assert result.added == 0
    assert reason in result.refusals[0].reason


def test_hours_of_a_reader_who_has_yet_to_confirm_outlast_it(
    publication: Publication, tmp_path: Path
) -> None:
    text = "email,hour,time_zone\na@example.org,6,Europe/Kyiv\n"
    bring_in(publication, tmp_path, text, confirmed=False)
    found = reader("a@example.org")
    with unit_of_work():
        result = confirm(
            subscription=found,
            round=1,
            request=RequestEvidence(source=Source.MAIL_LINK),
            now=NOW,
        )
    assert result is ConfirmResult.CONFIRMED
    assert own("a@example.org") == (time(6), "Europe/Kyiv")


def test_what_was_exported_comes_back_as_it_was(
    publication: Publication, make: Make, tmp_path: Path
) -> None:
    text = (
        "email,hour,time_zone,paused_until\n"
        f"a@example.org,06:30,Europe/Kyiv,{(NOW + DAY).isoformat()}\n"
    )
    bring_in(publication, tmp_path, text)
    exported = "".join(csv_pieces(ReaderFilter(publication.id), topic_names={}))
    other = make.publication()
    bring_in(other, tmp_path, exported)
    again = "".join(csv_pieces(ReaderFilter(other.id), topic_names={}))
    assert exported == again
