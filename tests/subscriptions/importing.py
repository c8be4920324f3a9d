"""A file brought in, and what came of it."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.bulk_import import (
    SliceResult,
    import_slice,
    slices,
)
from newsletter.subscriptions.import_lines import ReaderFile
from newsletter.subscriptions.import_plan import ImportPlan
from newsletter.subscriptions.models import (
    Subscriber,
    Subscription,
)
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make

EVIDENCE = "Double opt-in at the old service, export of 1 March 2026."


@pytest.fixture
def publication(make: Make) -> Publication:
    return make.publication(default_cadence=Cadence.WEEKLY, last_position=7)


def bring_in(
    publication: Publication, tmp_path: Path, text: str, *, confirmed: bool = True
) -> list[SliceResult]:
    path = tmp_path / "readers.csv"
    path.write_text(text, encoding="utf-8")
    plan = ImportPlan(
        publication_id=publication.id,
        confirmed=confirmed,
        evidence=EVIDENCE if confirmed else "",
    )
    results = []
    with ReaderFile(path) as file:
        for lines in slices(file, plan=plan, now=NOW):
            with unit_of_work():
                results.append(import_slice(plan=plan, lines=lines, now=NOW))
    return results


def reader(email: str) -> Subscription:
    statement = sa.select(Subscription).join(Subscriber).where(Subscriber.email_key == email)
    return db.session.scalars(statement).one()


def count(model: type) -> int:
    return db.session.scalars(sa.select(sa.func.count()).select_from(model)).one()
