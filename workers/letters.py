"""Tasks for letters: single mails to one reader, or to staff."""

from newsletter.articles.alarm_mail import alarms_to_tell, tell_of_alarm
from newsletter.config import settings
from newsletter.database_clock import database_now
from newsletter.deliveries.pause_mail import pauses_to_tell, tell_of_pause
from newsletter.deliveries.proof import send_proof
from newsletter.deliveries.welcome import write_any
from newsletter.digests.draft_mail import drafts_to_tell, tell_of_draft
from newsletter.digests.preflight_mail import held_to_tell, tell_of_held_digest
from newsletter.jobs import Job, enqueue
from newsletter.mail.mailer import Mailer, open_mailer
from newsletter.mail.shared_gate import open_letter_gate
from newsletter.subscriptions.breaker_mail import tell_of_breaker
from newsletter.subscriptions.letters import due_letters, send_letter
from newsletter.unit_of_work import unit_of_work
from workers.app import app
from workers.hold import is_held


def mailer() -> Mailer:
    """Return the mailer of this installation for single mails."""
    return open_mailer(
        smtp_url=settings.smtp_url, outbox_folder=settings.outbox_dir, gate_of=open_letter_gate
    )


# A relay may take ten minutes to answer the final dot (RFC 5321 §4.5.3.2.6), and a task that was
# ended before it hears the answer sends its letter again. The lease outlives both limits.
@app.task(name=Job.SEND_LETTER, soft_time_limit=680, time_limit=700)
def send(letter_id: int) -> None:
    """Send one letter."""
    if is_held():
        return
    send_letter(letter_id=letter_id, mailer=mailer(), now=database_now(), write=write_any)


@app.task(name=Job.SWEEP_LETTERS)
def sweep() -> None:
    """Ask again for letters whose job was lost."""
    with unit_of_work():
        for alarm_id in alarms_to_tell(database_now()):
            enqueue(Job.TELL_OF_ALARM, alarm_id=alarm_id)
        for digest_id in held_to_tell(database_now()):
            enqueue(Job.TELL_OF_HELD_DIGEST, digest_id=digest_id)
        for digest_id in drafts_to_tell(database_now()):
            enqueue(Job.TELL_OF_DRAFT, digest_id=digest_id)
        for digest_id in pauses_to_tell(database_now()):
            enqueue(Job.TELL_OF_PAUSE, digest_id=digest_id)
        for letter_id in due_letters(now=database_now()):
            enqueue(Job.SEND_LETTER, letter_id=letter_id)


@app.task(name=Job.SEND_PROOF, soft_time_limit=680, time_limit=700)
def proof(digest_id: int, staff_id: int) -> None:
    """Send a proof of a digest to one member of staff, who is told on the page of a hold."""
    if not is_held():
        send_proof(digest_id=digest_id, staff_id=staff_id, mailer=mailer(), now=database_now())


@app.task(name=Job.TELL_OF_ALARM, soft_time_limit=680, time_limit=700)
def alarm(alarm_id: int) -> None:
    """Tell owners and editors that articles are held."""
    if not is_held():
        tell_of_alarm(alarm_id=alarm_id, mailer=mailer(), now=database_now())


@app.task(name=Job.TELL_OF_BREAKER, soft_time_limit=680, time_limit=700)
def breaker() -> None:
    """Tell owners and editors that signups are checked."""
    if not is_held():
        tell_of_breaker(mailer=mailer(), now=database_now())


@app.task(name=Job.TELL_OF_HELD_DIGEST, soft_time_limit=680, time_limit=700)
def held_digest(digest_id: int) -> None:
    """Tell owners and editors that preflight holds a digest."""
    if not is_held():
        tell_of_held_digest(digest_id=digest_id, mailer=mailer(), now=database_now())


@app.task(name=Job.TELL_OF_DRAFT, soft_time_limit=680, time_limit=700)
def draft(digest_id: int) -> None:
    """Tell owners and editors of a draft that goes out unless they stop it."""
    if is_held():
        return
    tell_of_draft(digest_id=digest_id, mailer=mailer(), now=database_now())


@app.task(name=Job.TELL_OF_PAUSE, soft_time_limit=680, time_limit=700)
def pause(digest_id: int) -> None:
    """Tell owners and editors that a digest paused itself."""
    if not is_held():
        tell_of_pause(digest_id=digest_id, mailer=mailer(), now=database_now())
