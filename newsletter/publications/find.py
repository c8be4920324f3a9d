"""Find publications."""

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Publication

_BY_SLUG = sa.select(Publication).where(Publication.slug == sa.bindparam("slug"))


def default_publication() -> Publication | None:
    """Return the publication that is meant where none is named: the first created."""
    return db.session.scalar(sa.select(Publication).order_by(Publication.id).limit(1))


def default_publication_id() -> int | None:
    """Return the id of `default_publication`, for whoever needs nothing else of it."""
    return db.session.scalar(sa.select(Publication.id).order_by(Publication.id).limit(1))


def publication_by_slug(slug: str) -> Publication | None:
    """Return the publication called `slug`."""
    return db.session.scalar(_BY_SLUG, {"slug": slug})


def all_publications() -> list[Publication]:
    """Return every publication, the first created first."""
    return list(db.session.scalars(sa.select(Publication).order_by(Publication.id)))
