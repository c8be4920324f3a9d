"""The signup gate: the one way in for the page, the box, foreign forms and JSON."""

from datetime import datetime

from newsletter.extensions import network_of_request
from newsletter.mail.addresses import ascii_domain
from newsletter.publications.models import DisposablePolicy, Publication
from newsletter.subscriptions.disposable import is_disposable
from newsletter.subscriptions.gate_tokens import Pass, RefusedPass, read_ticket, stamp_age
from newsletter.subscriptions.proof_of_work import read_proof
from newsletter.subscriptions.signup_breaker import is_tripped
from newsletter.subscriptions.spellings import spelling_hash
from newsletter.subscriptions.suspicion import THRESHOLD, Signs, suspicion
from newsletter.web.forms import SignupForm
from newsletter.web.signup_limits import Counts, note_wait


class CheckNeeded(RefusedPass):
    """No signup without a check just now; the text says why, empty if it is the first request."""

    def __init__(self, sentence: str = "", *, seconds: int = 0) -> None:
        super().__init__(sentence)
        self.seconds = seconds  # still to be waited


def passed(
    publication: Publication, form: SignupForm, address: str, counts: Counts, *, now: datetime
) -> Pass | None:
    """Return the pass that this signup uses up; None if it needs none.

    A proof that was sent has to be sound even where none is asked for.

    Raises:
        CheckNeeded, RefusedPass, TooManySignups.
    """
    spelling = spelling_hash(address)
    if form.altcha:
        return read_proof(form.altcha, spelling=spelling, now=now)
    if form.ticket:
        return _waited(form.ticket, spelling, now=now)
    signs = _signs(publication, form, address, counts, now=now)
    if is_tripped() or suspicion(signs) >= THRESHOLD:
        raise CheckNeeded
    return None


def _waited(ticket: str, spelling: str, *, now: datetime) -> Pass:
    given, left = read_ticket(ticket, spelling=spelling, network=network_of_request(), now=now)
    if left:
        raise CheckNeeded(seconds=left)
    note_wait()
    return given


def _signs(
    publication: Publication, form: SignupForm, address: str, counts: Counts, *, now: datetime
) -> Signs:
    domain = ascii_domain(address.rpartition("@")[2])
    like_any_other = publication.disposable_addresses is DisposablePolicy.ALLOW
    return Signs(
        email=address,
        trapped=bool(form.trap),
        stamped=bool(form.stamp),
        shown_for=stamp_age(form.stamp, now=now) if form.stamp else None,
        from_network=counts.network,
        from_region=counts.region,
        within_minute=counts.minute,
        disposable=not like_any_other and is_disposable(domain),
    )
