"""A draft that another digest overtook brings nothing a second time, neither by mail nor online."""

import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.digests.models import Digest, DigestArticle, DigestState
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import states
from tests.deliveries.holding import publish, scheduled
from tests.factories import Make, reload


def draft(home: Publication) -> Digest:
    with unit_of_work():
        return draft_by_hand(publication_id=home.id, cadence=Cadence.DAILY, now=utc_now())


def send(digest: Digest) -> Digest:
    with unit_of_work() as session:
        send_now(digest=session.get_one(Digest, digest.id))
    assert publish(digest)
    return reload(digest)


def carried(digest: Digest) -> list[str]:
    db.session.rollback()
    titles = sa.select(DigestArticle.title).where(DigestArticle.digest_id == digest.id)
    return sorted(db.session.scalars(titles))


def test_a_draft_whose_articles_have_gone_out_is_cancelled_with_its_reason(make: Make) -> None:
    home = make.publication(default_cadence=Cadence.DAILY)
    make.subscription(publication=home)
    make.article(publication=home, title="Rivers", found_at=utc_now())
    overtaken = draft(home)
    assert publish(first := scheduled(home))
    assert carried(first) == ["Rivers"]
    sent = send(overtaken)
    assert (sent.state, sent.reason) == (DigestState.CANCELLED, "no new articles")
    assert carried(overtaken) == []


def test_a_draft_keeps_what_nobody_has_had(make: Make) -> None:
    home = make.publication(default_cadence=Cadence.DAILY)
    make.subscription(publication=home)
    make.article(publication=home, title="Rivers", found_at=utc_now())
    first = draft(home)
    make.article(publication=home, title="Bridges", found_at=utc_now())
    second = draft(home)
    send(first)
    send(second)
    assert (carried(first), carried(second)) == (["Rivers"], ["Bridges"])
    assert sum(states(second).values()) == 1


def test_a_reader_who_is_further_behind_still_gets_all_of_it(make: Make) -> None:
    home = make.publication(default_cadence=Cadence.DAILY)
    make.subscription(publication=home)
    make.article(publication=home, title="Rivers", found_at=utc_now())
    overtaken = draft(home)
    assert publish(scheduled(home))
    make.subscription(publication=home, cursor=0)
    assert send(overtaken).state is DigestState.SENDING
    assert carried(overtaken) == ["Rivers"]
    assert sum(states(overtaken).values()) == 1
