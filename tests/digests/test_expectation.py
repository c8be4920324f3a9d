"""What a draft would do if it went now: the same numbers as fan-out writes."""

import sqlalchemy as sa

from newsletter.deliveries.fan_out import fan_out
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.digests.expectation import Expectation, expect
from newsletter.digests.models import Digest, Variant
from newsletter.digests.publish import freeze
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make


def _draft(paper: Publication) -> Digest:
    with unit_of_work():
        return draft_by_hand(publication_id=paper.id, cadence=Cadence.DAILY, now=NOW)


def _published(draft: Digest) -> Expectation:
    with unit_of_work():
        send_now(digest=draft)
    with unit_of_work():
        freeze(digest_id=draft.id, now=NOW)
    fan_out(digest_id=draft.id, now=NOW)
    rows = sa.select(sa.func.count()).where(Delivery.digest_id == draft.id)
    skipped = db.session.scalars(rows.where(Delivery.state == DeliveryState.SKIPPED)).one()
    queued = db.session.scalars(rows.where(Delivery.state == DeliveryState.QUEUED)).one()
    variants = sa.select(sa.func.count()).where(Variant.digest_id == draft.id)
    return Expectation(queued, skipped, db.session.scalars(variants).one())


def test_what_is_expected_is_what_fan_out_does(make: Make) -> None:
    paper = make.publication()
    europe, asia = (make.topic(publication=paper, name=name) for name in ("Europe", "Asia"))
    make.article(publication=paper, topics=[europe])
    make.article(publication=paper)
    for _ in range(2):
        make.subscription(publication=paper)
    make.subscription(publication=paper, cursor=1)
    make.subscription(publication=paper, topics=frozenset([europe.id]))
    make.subscription(publication=paper, topics=frozenset([asia.id]))
    make.subscription(publication=paper, cadence=Cadence.WEEKLY)
    draft = _draft(paper)
    expected = expect(digest=draft, now=NOW)
    assert expected == Expectation(mailed=4, left_out=1, variants=3)
    assert expected.due == 5
    assert _published(draft) == expected


def test_nobody_is_expected_where_nobody_is_due(make: Make) -> None:
    paper = make.publication()
    make.article(publication=paper)
    assert expect(digest=_draft(paper), now=NOW) == Expectation(0, 0, 0)
