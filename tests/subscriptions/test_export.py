"""An export is a file that opens harmlessly and can be imported again."""

import csv
import io
from datetime import time

from newsletter.subscriptions.export import COLUMNS, csv_pieces
from newsletter.subscriptions.models import ReaderHours, SubscriptionState
from newsletter.subscriptions.search import ReaderFilter
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make


def rows(wanted: ReaderFilter, topic_names: dict[int, str]) -> list[dict[str, str]]:
    text = "".join(csv_pieces(wanted, topic_names=topic_names))
    return list(csv.DictReader(io.StringIO(text)))


def test_an_export_tells_all_that_an_import_reads(make: Make) -> None:
    publication = make.publication()
    topic = make.topic(publication=publication, name="Europe")
    subscriber = make.subscriber(email="ann@example.org", name="Ann")
    make.subscription(publication=publication, subscriber=subscriber, topics=frozenset({topic.id}))
    [row] = rows(ReaderFilter(publication.id), {topic.id: "Europe"})
    assert tuple(row) == COLUMNS
    assert (row["email"], row["name"], row["topics"]) == ("ann@example.org", "Ann", "Europe")
    assert (row["state"], row["cadence"]) == ("confirmed", "daily")


def test_a_cell_that_a_spreadsheet_would_run_is_text(make: Make) -> None:
    publication = make.publication()
    subscriber = make.subscriber(email="+ann@example.org", name='=HYPERLINK("x")')
    make.subscription(publication=publication, subscriber=subscriber)
    [row] = rows(ReaderFilter(publication.id), {})
    assert row["email"] == "'+ann@example.org"
    assert row["name"] == '\'=HYPERLINK("x")'


def test_only_the_readers_asked_for_are_written(make: Make) -> None:
    publication = make.publication()
    make.subscription(publication=publication, email="a@example.org")
    make.subscription(
        publication=publication, email="b@example.org", state=SubscriptionState.PENDING
    )
    make.subscription(email="c@example.org")  # of another publication
    found = rows(ReaderFilter(publication.id, state=SubscriptionState.CONFIRMED), {})
    assert [row["email"] for row in found] == ["a@example.org"]


def test_hours_and_pause_of_a_reader_are_told(make: Make) -> None:
    publication = make.publication()
    with unit_of_work() as session:
        hours = ReaderHours(send_at=time(6, 30), time_zone="Europe/Kyiv")
        session.add(hours)
        session.flush()
        number = hours.id
    make.subscription(
        publication=publication, email="a@example.org", hours_id=number, hours_from=NOW
    )
    make.subscription(publication=publication, email="b@example.org", paused_until=NOW)
    by_email = {row["email"]: row for row in rows(ReaderFilter(publication.id), {})}
    ann, ben = by_email["a@example.org"], by_email["b@example.org"]
    assert (ann["hour"], ann["time_zone"], ann["paused_until"]) == ("06:30", "Europe/Kyiv", "")
    assert (ben["hour"], ben["time_zone"], ben["paused_until"]) == ("", "", NOW.isoformat())
