"""Which publication the admin pages are about; most services have one."""

from typing import Any, TypeVar

import sqlalchemy as sa
from flask import abort, g, request, session

from newsletter.extensions import Model, db
from newsletter.publications.models import Publication
from newsletter.web.admin.typed import typed

Row = TypeVar("Row", bound=Model)


def chosen_publication() -> Publication | None:
    """Return the publication named by `?publication=`, else the one looked at last, else the first.

    Raises:
        NotFound: no publication has the slug in the address.
    """
    if "publication_id" not in g:
        g.publication_id = None  # for the error page, should there be no such publication
        g.publication_id = _choose()
    return db.session.get(Publication, g.publication_id) if g.publication_id else None


def needed_publication() -> Publication:
    """Return the chosen publication; 404 while there is none."""
    return chosen_publication() or abort(404, "There is no publication yet.")


def of_publication(kind: type[Row], row_id: int) -> Row:
    """Return the row of this id; one of another publication does not exist here (404)."""
    row: Any = db.session.get(kind, row_id)
    if row is None or row.publication_id != needed_publication().id:
        abort(404)
    found: Row = row
    return found


def other_publications() -> list[Publication]:
    """Return every publication, for the switch; empty while there is nothing to switch to."""
    every = list(db.session.scalars(sa.select(Publication).order_by(Publication.name)))
    return every if len(every) > 1 else []


def _choose() -> int | None:
    if "publication" in request.args:
        asked = typed("publication")
        by_slug = sa.select(Publication.id).where(Publication.slug == asked)
        found: int = db.session.scalar(by_slug) or abort(404, "There is no such publication.")
        session["publication"] = found
        return found
    remembered = session.get("publication")
    if remembered and db.session.get(Publication, remembered):
        return int(remembered)
    return db.session.scalar(sa.select(Publication.id).order_by(Publication.id).limit(1))
