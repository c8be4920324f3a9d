"""The gate before a digest is frozen: one with errors waits, and is neither sent nor lost."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from newsletter.articles.link_checks import resolve_links
from newsletter.digests.add import last_end
from newsletter.digests.gone_pages import GONE, gone_articles, hold_gone, overruled_in
from newsletter.digests.links_ahead import unasked_pages
from newsletter.digests.models import Digest, DigestKind, DigestState
from newsletter.digests.preflight import Finding, blocking
from newsletter.digests.preflight_hold import hold, let_pass, look_again, overrule
from newsletter.digests.preflight_variants import examine_digest
from newsletter.digests.start import WrongDigestState, locked, send_now
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work

#: Variants examined where a person waits for the answer; the workers examine more.
MOST_AT_ONCE = 8

#: How long the pages of articles are waited for once more before a digest is held for them.
SECONDS = 10.0

#: How long pages are waited for that nobody has asked for yet; a server that is slower than this
#: would be no error, and its article is not to come late for it.
SECONDS_AT_ONCE = 5.0


class PreflightObjects(PermanentError):
    """A digest that is not to be sent as it is; the text says why."""

    def __init__(self, errors: Sequence[Finding]) -> None:
        super().__init__(" ".join(one.sentence for one in errors))
        self.errors = errors


def passes_preflight(*, digest_id: int, now: datetime) -> bool:
    """Examine a scheduled digest, and hold it for what stands in its way; commits by itself.

    A digest that nobody would get is let through: nothing of it is mailed. Of single articles
    those are held whose page is gone, and the others go.
    """
    digest = db.session.get_one(Digest, digest_id)
    if digest.state is not DigestState.SCHEDULED:
        return True
    if unasked := unasked_pages(digest, now=now):
        resolve_links(unasked, clock=_fixed(now), seconds=SECONDS_AT_ONCE)
        digest = db.session.get_one(Digest, digest_id)
    errors = blocking_errors(digest, now=now)
    if gone := _gone_before(errors, asked_now=unasked):
        resolve_links(gone, clock=_fixed(now), seconds=SECONDS, again=True)
        errors = blocking_errors(db.session.get_one(Digest, digest_id), now=now)
    if alone := gone_articles(db.session.get_one(Digest, digest_id), errors):
        with unit_of_work():
            hold_gone(article_ids=alone, publication_id=digest.publication_id, now=now)
        errors = blocking_errors(db.session.get_one(Digest, digest_id), now=now)
    with unit_of_work() as session:
        digest = session.get_one(Digest, digest_id, with_for_update=True, populate_existing=True)
        if digest.state is not DigestState.SCHEDULED:
            return True  # another worker was faster
        if errors:
            hold(digest=digest, errors=errors, now=now)
            return False
        let_pass(digest=digest)
        _leave_to_others(digest)
    return True


def _gone_before(errors: Iterable[Finding], *, asked_now: list[str]) -> list[str]:
    """Return the pages that were gone when they were asked for, which may be some minutes ago."""
    gone = [one.key.removeprefix(GONE) for one in errors if one.key.startswith(GONE)]
    return [page for page in gone if page not in asked_now]


def _leave_to_others(digest: Digest) -> None:
    """Take out what another one has brought its readers while this waited: held, or a draft."""
    if digest.kind is DigestKind.DIGEST and not digest.at_own_hours:
        last = last_end(digest.publication, digest.cadence) or 0
        digest.position_from = max(digest.position_from, last)
        db.session.flush()


def blocking_errors(digest: Digest, *, now: datetime) -> list[Finding]:
    """Return the errors in what would be mailed that staff did not overrule."""
    examination = examine_digest(digest=digest, now=now, with_proof=False)
    return blocking(examination.findings, overruled=overruled_in(digest))


def check_before_sending(*, digest: Digest, now: datetime) -> None:
    """Refuse to send a draft with errors that staff did not overrule; reads only.

    Raises:
        PreflightObjects.
    """
    examination = examine_digest(digest=digest, now=now, most=MOST_AT_ONCE)
    errors = blocking(examination.findings, overruled=overruled_in(digest))
    if errors:
        raise PreflightObjects(errors)


def send_anyway(*, digest: Digest, errors: Iterable[Finding]) -> None:
    """Send a draft, or let a held digest go, in spite of errors that staff saw.

    Raises:
        WrongDigestState: it neither is a draft nor held.
    """
    locked(digest.publication_id)  # before the digest, in the order of the clock
    db.session.refresh(digest, with_for_update=True)
    overrule(digest=digest, errors=errors)
    if digest.state is DigestState.DRAFT:
        send_now(digest=digest)
    elif not look_again(digest=digest):
        raise WrongDigestState("It is not held any more.")


def _fixed(now: datetime) -> Callable[[], datetime]:
    return lambda: now
