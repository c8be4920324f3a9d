"""What a fresh folder needs before its first page: tables, a sample, a link for the owner."""

import flask_migrate
import sqlalchemy as sa

from newsletter import clock, create_app
from newsletter.config import Settings
from newsletter.extensions import db
from newsletter.standalone.errors import CannotStart
from newsletter.standalone.output import Output
from newsletter.unit_of_work import unit_of_work


def prepare(settings: Settings, output: Output) -> str | None:
    """Bring the database up to date, fill an empty one, and return the first owner's link.

    Raises:
        CannotStart: the database does not answer.
    """
    app = create_app(settings, pages=False)
    with app.app_context():
        try:
            return _prepare(output)
        except sa.exc.OperationalError as error:
            reason = str(error.orig).splitlines()[0]
            raise CannotStart(f"the database does not answer as it should: {reason}") from None
        finally:
            db.session.remove()
            db.engine.dispose()


def _prepare(output: Output) -> str | None:
    flask_migrate.upgrade()
    prepare_sample(output)
    return owner_link()


def prepare_sample(output: Output) -> None:
    """Fill an empty database with a sample publication, so that every page shows something."""
    from newsletter.sample import publish

    name = publish.prepare(now=clock.utc_now())
    if name:
        output.say(f"Prepared the sample publication {name}; every reader of it is made up.")


def owner_link() -> str | None:
    """Return a one-time link that creates the first owner; None once there is one."""
    from newsletter.staff import invitations

    with unit_of_work():
        return invitations.owner_link(now=clock.utc_now())
