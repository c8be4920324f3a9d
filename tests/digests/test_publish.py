"""Freezing a digest: what it is called."""

from datetime import timedelta

import pytest

from newsletter.digests.publish import freeze
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication()


def sent(paper: Publication, *, hours: int) -> str:
    """Send a digest of what there is, and return its title."""
    now = NOW + timedelta(hours=hours)
    with unit_of_work():
        digest = draft_by_hand(publication_id=paper.id, cadence=Cadence.DAILY, now=now)
        send_now(digest=digest)
    with unit_of_work():
        freeze(digest_id=digest.id, now=now)
    title: str = reload(digest).title
    return title


def test_a_digest_is_called_after_what_is_new_in_it_however_far_behind_a_reader_is(
    make: Make, paper: Publication
) -> None:
    for number in range(5):
        make.article(publication=paper, title=f"Old {number}", found_at=NOW)
    make.subscription(publication=paper, cursor=0)
    assert sent(paper, hours=0).endswith(" and 4 more")
    late = timedelta(hours=1)
    make.article(publication=paper, title="Fresh", found_at=NOW + late, published_at=NOW - 9 * late)
    make.subscription(publication=paper, cursor=0)
    assert sent(paper, hours=2) == "Fresh"
