"""Letters: single mails to one reader, sent by a worker, never inside a request."""

from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
import structlog

from newsletter.database_clock import database_now
from newsletter.extensions import db
from newsletter.mail.addresses import AddressError, ascii_address
from newsletter.mail.mailer import (
    Accepted,
    Mailer,
    Outcome,
    OutgoingMail,
    Refused,
    RelayUnavailable,
    send_one,
)
from newsletter.mail.message import Markers, compile_message
from newsletter.mail.relay_reactions import without_addresses
from newsletter.publications.dkim_keys import signer_of
from newsletter.publications.dkim_secrets import UnreadableKey
from newsletter.subscriptions import consent
from newsletter.subscriptions.erase import is_erased
from newsletter.subscriptions.letter_bounces import record_refusal
from newsletter.subscriptions.letter_contents import address_of, content_of, reason_to_skip
from newsletter.subscriptions.letter_envelope import headers_of, values_of
from newsletter.subscriptions.letter_mail import render_letter
from newsletter.subscriptions.letter_names import letter_message_id, letter_return_path
from newsletter.subscriptions.models import (
    ConsentStep,
    Letter,
    LetterKind,
    LetterState,
    Source,
)
from newsletter.subscriptions.owe_letter import in_nobodys_hand
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: A worker has a letter in hand for so long; longer than its task may take (`workers/letters.py`).
LEASE = timedelta(minutes=12)
#: Minutes until the next attempt after the first, second, … deferral.
RETRY_MINUTES = (1, 5, 15, 60, 180, 360)
#: A confirmation that could not be sent for so long is not worth sending any more.
GIVE_UP = timedelta(days=2)
_NO_OUTCOME = "given up: no attempt came to an end"
#: Letters one sweep asks for; the next sweep asks for the rest.
SWEEP_SIZE = 500


def due_letters(*, now: datetime) -> list[int]:
    """Return the ids of letters that wait and are in nobody's hand."""
    statement = (
        sa.select(Letter.id)
        .where(Letter.state == LetterState.QUEUED, Letter.next_attempt_at <= now)
        .where(in_nobodys_hand(database_now()))
        .order_by(Letter.next_attempt_at)
        .limit(SWEEP_SIZE)
    )
    return list(db.session.scalars(statement))


class Writer(Protocol):
    """Writes the mail of a letter; that of a welcome carries what only rooms above render."""

    def __call__(self, letter: Letter, *, now: datetime) -> OutgoingMail: ...


def write_letter(letter: Letter, *, now: datetime) -> OutgoingMail:
    """Write a letter that needs nothing but its subscription."""
    publication = letter.subscription.publication
    markers = Markers.fresh()
    says = content_of(letter, now=now)
    rendered = render_letter(
        kind=says.kind,
        publication=publication,
        link=says.link,
        lasts=says.lasts,
        leave_url=says.leave_url,
        changes=says.changes,
        imported=says.imported,
        language=says.language or letter.subscription.language,
    )
    message = compile_message(
        headers=headers_of(letter, subject=rendered.subject, markers=markers, now=now),
        text=rendered.text,
        html=rendered.html,
        markers=markers,
    )
    recipient = ascii_address(address_of(letter))
    values = values_of(letter, recipient=recipient)
    return OutgoingMail(
        id=str(letter.id),
        sender=letter_return_path(letter),
        recipient=recipient,
        content=signer_of(publication, now=now).sign(message.stamp(values)),
    )


def send_letter(
    *, letter_id: int, mailer: Mailer, now: datetime, write: Writer = write_letter
) -> LetterState | None:
    """Send one letter if it is due and in nobody's hand; None if it was not.

    Commits by itself: a sent mail cannot be rolled back. A worker that dies between the
    relay's answer and the commit sends the letter again, with the same Message-ID.

    Args:
        write: `deliveries.welcome.write_any` where welcomes may be among the letters.
    """
    if not _take(letter_id, now=now):
        return None
    mail = _written(letter_id, write=write, now=now)
    if mail is None:
        return None
    try:
        outcome: Outcome | RelayUnavailable = send_one(mailer, mail)
    except RelayUnavailable as unavailable:
        outcome = unavailable
    with unit_of_work() as session:
        letter = session.get_one(Letter, letter_id)
        _record(letter, outcome, now=now)
        log.info("letter_handled", letter_id=letter_id, state=letter.state.value)
        return letter.state


def _take(letter_id: int, *, now: datetime) -> bool:
    """Lease the letter; say whether it is to be sent.

    Committed before anything is written: of a worker that dies over a letter, or is ended while
    the relay keeps it waiting, no outcome comes, and the letter must not come up again and again.
    """
    with unit_of_work() as session:
        moment = database_now()
        leased = session.execute(
            sa.update(Letter)
            .where(Letter.id == letter_id, Letter.state == LetterState.QUEUED)
            .where(Letter.next_attempt_at <= now)
            .where(in_nobodys_hand(moment))
            .values(lease_until=moment + LEASE, attempts=Letter.attempts + 1)
        )
        if leased.rowcount == 0:  # type: ignore[attr-defined]
            return False
        letter = session.get_one(Letter, letter_id)
        letter.next_attempt_at = now + _retry_wait(letter)
        reason = reason_to_skip(letter, now=now)
        if reason:
            letter.state, letter.reason = LetterState.SKIPPED, reason
            return False
        if letter.attempts > len(RETRY_MINUTES) and now - letter.requested_at > GIVE_UP:
            letter.state, letter.reason = LetterState.FAILED, letter.reason or _NO_OUTCOME
            return False
        return True


def _written(letter_id: int, *, write: Writer, now: datetime) -> OutgoingMail | None:
    """Write the mail of a leased letter; None if it cannot be, or is not wanted any more."""
    letter = db.session.get_one(Letter, letter_id)
    if letter.state is not LetterState.QUEUED:
        return None  # the reader was erased this moment
    trouble: AddressError | UnreadableKey
    try:
        mail = write(letter, now=now)
        db.session.rollback()  # no transaction while the relay keeps us waiting
        return mail
    except (AddressError, UnreadableKey) as error:
        trouble = error
    with unit_of_work() as session:
        letter = session.get_one(Letter, letter_id)
        letter.lease_until, letter.reason = None, str(trouble)
        if isinstance(trouble, AddressError):
            letter.state = LetterState.FAILED
        else:
            log.error("letter_unsigned", letter_id=letter_id)
    return None


def _record(letter: Letter, outcome: Outcome | RelayUnavailable, *, now: datetime) -> None:
    letter.lease_until = None
    if letter.state in (LetterState.BOUNCED, LetterState.COMPLAINED):
        return  # a report was faster
    words = _words(letter, outcome)
    if isinstance(outcome, Accepted):
        letter.state, letter.sent_at, letter.reason = LetterState.SENT, now, ""
        if letter.kind is LetterKind.CONFIRMATION:
            consent.record(
                subscription=letter.subscription,
                step=ConsentStep.CONFIRMATION_SENT,
                request=consent.RequestEvidence(source=Source.MAIL),
                now=now,
                detail=f"letter {letter.id}, <{letter_message_id(letter)}>: {words}",
            )
    elif isinstance(outcome, Refused):
        record_refusal(letter, reply=words, now=now)
    else:
        letter.reason = words
        _wait(letter, now=now)


def _words(letter: Letter, outcome: Outcome | RelayUnavailable) -> str:
    """Return what was answered without an address; nothing of a reader who is erased by now."""
    if is_erased(letter.subscription.subscriber):
        return ""
    if isinstance(outcome, RelayUnavailable):
        return str(outcome)
    if isinstance(outcome, Accepted):
        return without_addresses(outcome.reply)
    code = f"{outcome.code} " if isinstance(outcome, Refused) else ""
    return without_addresses(f"{code}{outcome.text}")


def _wait(letter: Letter, *, now: datetime) -> None:
    if now - letter.requested_at > GIVE_UP:
        letter.state = LetterState.FAILED
        return
    letter.next_attempt_at = now + _retry_wait(letter)


def _retry_wait(letter: Letter) -> timedelta:
    step = min(letter.attempts, len(RETRY_MINUTES)) - 1
    return timedelta(minutes=RETRY_MINUTES[step])
