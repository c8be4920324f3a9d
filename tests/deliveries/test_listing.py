"""Lists and figures of deliveries for staff."""

from newsletter.deliveries.listing import figures_of, list_deliveries, readers_by_variant
from newsletter.deliveries.models import DeliveryState
from tests.deliveries.conftest import Publish
from tests.factories import Make


def test_figures_add_up_to_the_candidates(make: Make, publish: Publish) -> None:
    paper = make.publication()
    asia = make.topic(publication=paper, name="Asia")
    make.article(publication=paper)
    for _ in range(3):
        make.subscription(publication=paper)
    make.subscription(publication=paper, topics=frozenset([asia.id]))
    digest = publish(paper)
    figures = figures_of([digest.id, 0])
    assert (figures[digest.id].waiting, figures[digest.id].skipped) == (3, 1)
    assert figures[digest.id].candidates == 4
    assert figures[digest.id].sent == figures[digest.id].failed == 0
    assert figures[0].candidates == 0
    assert list(readers_by_variant(digest.id).values()) == [3]


def test_pages_of_deliveries_name_every_reader_once(make: Make, publish: Publish) -> None:
    paper = make.publication()
    make.article(publication=paper)
    everybody = {f"reader-{number}@example.org" for number in range(5)}
    for email in everybody:
        make.subscription(publication=paper, email=email)
    digest = publish(paper)
    seen, after = [], None
    while True:
        page = list_deliveries(digest_id=digest.id, after=after, limit=2)
        seen += [one.subscription.subscriber.email for one in page.deliveries]
        after = page.after
        if after is None:
            break
    assert sorted(seen) == sorted(everybody)


def test_deliveries_are_found_by_state(make: Make, publish: Publish) -> None:
    paper = make.publication()
    asia = make.topic(publication=paper, name="Asia")
    make.article(publication=paper)
    make.subscription(publication=paper)
    left_out = make.subscription(publication=paper, topics=frozenset([asia.id]))
    digest = publish(paper)
    skipped = list_deliveries(digest_id=digest.id, state=DeliveryState.SKIPPED).deliveries
    assert [one.subscription_id for one in skipped] == [left_out.id]
    assert not list_deliveries(digest_id=digest.id, state=DeliveryState.FAILED).deliveries
