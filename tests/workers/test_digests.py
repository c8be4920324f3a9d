"""Tasks for digests: each publication's start by themselves."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.digests import start
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.publications.models import Publication
from tests.factories import Make
from workers import digests as tasks


def test_a_publication_in_trouble_keeps_no_other_from_its_digest(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = utc_now() - timedelta(days=40)
    broken, sound = (make.publication(created_at=earlier) for _ in range(2))
    ids = broken.id, sound.id
    real_slot = start.latest_slot

    def slot(publication: Publication, *given: object, **named: object) -> object:
        if publication.id == ids[0]:
            raise ValueError("no such time zone")
        return real_slot(publication, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(start, "latest_slot", slot)
    tasks.start_due_digests()
    started = set(db.session.scalars(sa.select(Digest.publication_id)))
    assert started == {ids[1]}
