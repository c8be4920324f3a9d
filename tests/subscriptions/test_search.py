"""Finding readers."""

import pytest

from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.models import SubscriptionState
from newsletter.subscriptions.search import (
    COUNTED_UPTO,
    ReaderFilter,
    count_readers,
    every_reader,
    find_readers,
)
from tests.factories import Make

PENDING, CONFIRMED = SubscriptionState.PENDING, SubscriptionState.CONFIRMED


@pytest.fixture
def paper(make: Make) -> Publication:
    paper = make.publication()
    rows = [
        ("anna@example.org", CONFIRMED, Cadence.DAILY),
        ("ben@example.org", PENDING, Cadence.WEEKLY),
        ("Anne@example.net", CONFIRMED, Cadence.WEEKLY),
        ("clara@example.org", CONFIRMED, Cadence.DAILY),
        ("an%dreas@example.org", PENDING, Cadence.DAILY),
    ]
    for email, state, cadence in rows:
        make.subscription(publication=paper, email=email, state=state, cadence=cadence)
    make.subscription(email="anna.of.elsewhere@example.org")
    return paper


def found(wanted: ReaderFilter) -> list[str]:
    return [one.subscriber.email.partition("@")[0] for one in find_readers(wanted).readers]


def test_without_a_filter_the_newest_come_first(paper: Publication) -> None:
    assert found(ReaderFilter(paper.id)) == ["an%dreas", "clara", "Anne", "ben", "anna"]


def test_the_oldest_can_come_first(paper: Publication) -> None:
    wanted = ReaderFilter(paper.id, oldest_first=True)
    assert found(wanted) == ["anna", "ben", "Anne", "clara", "an%dreas"]


def test_state_and_cadence_narrow_together(paper: Publication) -> None:
    wanted = ReaderFilter(paper.id, state=CONFIRMED, cadence=Cadence.DAILY)
    assert found(wanted) == ["clara", "anna"]
    assert count_readers(wanted).number == 2


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("AN", ["an%dreas", "anna", "Anne"]),
        ("anna@example.org", ["anna"]),
        ("an%", ["an%dreas"]),
        ("example.org", []),
        ("' OR 1=1 --", []),
    ],
)
def test_an_address_is_found_by_its_beginning(
    paper: Publication, address: str, names: list[str]
) -> None:
    wanted = ReaderFilter(paper.id, address=address)
    assert found(wanted) == names
    assert count_readers(wanted).number == len(names)


@pytest.mark.parametrize("wish", [{}, {"oldest_first": True}, {"address": "a"}, {"state": PENDING}])
def test_pages_hold_everybody_once(paper: Publication, wish: dict[str, object]) -> None:
    wanted = ReaderFilter(paper.id, **wish)  # type: ignore[arg-type]
    whole = [one.id for one in find_readers(wanted).readers]
    pieces, after = [], ""
    while True:
        page = find_readers(wanted, after=after, limit=1)
        pieces += [one.id for one in page.readers]
        after = page.next_after
        if not after:
            break
    assert pieces == whole
    assert [one.id for one in every_reader(wanted, page_size=2)] == whole


def test_a_place_that_cannot_be_read_begins_at_the_start(paper: Publication) -> None:
    wanted = ReaderFilter(paper.id)
    assert len(find_readers(wanted, after="'; --").readers) == 5
    assert len(find_readers(wanted, after="9" * 30).readers) == 5


def test_a_search_says_when_it_stopped_counting(
    paper: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert COUNTED_UPTO == 1000
    monkeypatch.setattr("newsletter.subscriptions.search.COUNTED_UPTO", 2)
    counted = count_readers(ReaderFilter(paper.id, address="an"))
    assert (counted.number, counted.more) == (2, True)
