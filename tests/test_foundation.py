"""Reading cannot write, and time keeps its zone."""

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload


def test_a_write_outside_a_unit_of_work_is_refused_by_the_database(make: Make) -> None:
    publication = make.publication()
    with pytest.raises(sa.exc.DBAPIError):
        db.session.execute(sa.update(Publication).values(name="Changed"))
    db.session.rollback()
    assert reload(publication).name != "Changed"


def test_a_failed_unit_of_work_leaves_nothing_behind(make: Make) -> None:
    publication = make.publication()
    with pytest.raises(ZeroDivisionError), unit_of_work() as session:
        session.get_one(Publication, publication.id).name = "Changed"
        session.flush()
        raise ZeroDivisionError
    assert reload(publication).name != "Changed"


def test_a_stored_moment_comes_back_aware_of_its_zone(make: Make) -> None:
    assert reload(make.publication()).created_at == NOW
