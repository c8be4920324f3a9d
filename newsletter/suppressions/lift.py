"""Lift a suppression: by staff, with a reason, and never that of an erased reader."""

from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.suppressions.models import Suppression, SuppressionReason
from newsletter.suppressions.soft_points import forget_points


class CannotLift(PermanentError):
    """This suppression stays."""


def lift(*, suppression: Suppression, note: str) -> None:
    """Let mail go to an address again; whoever does it records it with the note.

    Raises:
        CannotLift: the reader was erased, or no reason is given.
    """
    if suppression.reason is SuppressionReason.ERASED:
        raise CannotLift(
            "This reader asked to be erased. Only she can come back, by signing up herself "
            "with another address."
        )
    if not note.strip():
        raise CannotLift("Say why this address gets mail again; the note is kept.")
    forget_points(address_hash=suppression.address_hash)
    db.session.delete(suppression)
    db.session.flush()
