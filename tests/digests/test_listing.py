"""The list of digests for staff."""

from newsletter.digests.listing import count_left_out, list_digests
from newsletter.digests.models import DigestState
from newsletter.digests.publish import NO_ARTICLES
from newsletter.publications.models import Cadence
from tests.factories import Make


def test_pages_follow_each_other_without_gap_or_repeat(make: Make) -> None:
    paper = make.publication()
    made = [make.digest(publication=paper).id for _ in range(5)]
    first = list_digests(publication_id=paper.id, limit=3)
    second = list_digests(publication_id=paper.id, limit=3, before=first.before)
    found = [digest.id for digest in [*first.digests, *second.digests]]
    assert found == sorted(made, reverse=True)
    assert second.before is None


def test_a_full_last_page_has_no_next_one(make: Make) -> None:
    paper = make.publication()
    make.digest(publication=paper)
    assert list_digests(publication_id=paper.id, limit=1).before is None


def test_state_and_cadence_narrow_the_list(make: Make) -> None:
    paper = make.publication()
    weekly = make.digest(publication=paper, cadence=Cadence.WEEKLY)
    draft = make.digest(publication=paper, state=DigestState.DRAFT, published_at=None)
    by_cadence = list_digests(publication_id=paper.id, cadence=Cadence.WEEKLY).digests
    by_state = list_digests(publication_id=paper.id, state=DigestState.DRAFT).digests
    assert [one.id for one in by_cadence] == [weekly.id]
    assert [one.id for one in by_state] == [draft.id]


def test_automatic_digests_with_nothing_to_carry_are_folded_away(make: Make) -> None:
    paper = make.publication()
    quiet = {"state": DigestState.CANCELLED, "reason": NO_ARTICLES, "published_at": None}
    empty = make.digest(publication=paper, **quiet)
    by_hand = make.digest(publication=paper, by_hand=True, **quiet)
    vetoed = make.digest(publication=paper, **quiet | {"reason": "wrong picture"})
    shown = [one.id for one in list_digests(publication_id=paper.id).digests]
    every = [one.id for one in list_digests(publication_id=paper.id, with_empty=True).digests]
    assert shown == [vetoed.id, by_hand.id]
    assert every == [vetoed.id, by_hand.id, empty.id]
    assert count_left_out(paper.id).empty == 1


def test_another_publication_has_its_own_list(make: Make) -> None:
    make.digest(publication=make.publication())
    assert not list_digests(publication_id=make.publication().id).digests
