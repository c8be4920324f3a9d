"""The gate before a digest is frozen: one with errors waits, and is neither sent nor lost."""

from collections.abc import Callable
from datetime import datetime

from newsletter.articles.link_checks import resolve_links
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.preflight import Finding, blocking
from newsletter.digests.preflight_hold import hold, let_pass, overruled_of
from newsletter.digests.preflight_variants import examine_digest
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work

#: How long the pages of articles are waited for once more before a digest is held for them.
SECONDS = 10.0

_GONE = "link-gone "


def passes_preflight(*, digest_id: int, now: datetime) -> bool:
    """Examine a scheduled digest, and hold it for what stands in its way; commits by itself.

    A digest that nobody would get is let through: nothing of it is mailed.
    """
    digest = db.session.get_one(Digest, digest_id)
    if digest.state is not DigestState.SCHEDULED:
        return True
    errors = blocking_errors(digest, now=now)
    if gone := [one.key.removeprefix(_GONE) for one in errors if one.key.startswith(_GONE)]:
        resolve_links(gone, clock=_fixed(now), seconds=SECONDS, again=True)
        errors = blocking_errors(db.session.get_one(Digest, digest_id), now=now)
    with unit_of_work() as session:
        digest = session.get_one(Digest, digest_id, with_for_update=True, populate_existing=True)
        if digest.state is DigestState.SCHEDULED and errors:
            hold(digest=digest, errors=errors, now=now)
            return False
        let_pass(digest=digest)
    return True


def blocking_errors(digest: Digest, *, now: datetime) -> list[Finding]:
    """Return the errors of a digest that staff did not overrule."""
    examination = examine_digest(digest=digest, now=now, with_proof=False)
    return blocking(examination.findings, overruled=overruled_of(digest.id))


def _fixed(now: datetime) -> Callable[[], datetime]:
    return lambda: now
