"""An export is a file that opens harmlessly and can be imported again."""

import csv
import io

from newsletter.subscriptions.export import COLUMNS, csv_pieces
from newsletter.subscriptions.models import SubscriptionState
from newsletter.subscriptions.search import ReaderFilter
from tests.factories import Make


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
