"""Tasks for deliveries: one batch at a time, and the sweeper."""

from newsletter.config import settings
from newsletter.database_clock import database_clock
from newsletter.deliveries.leave_out import leave_out_cancelled
from newsletter.deliveries.send import send_batch
from newsletter.deliveries.sweep import sweep_batches
from newsletter.jobs import Job
from newsletter.mail.mailer import Mailer, open_mailer
from newsletter.mail.shared_gate import open_gate
from newsletter.unit_of_work import unit_of_work
from workers.app import app
from workers.hold import is_held
from workers.shutdown import is_shutting_down

#: Some seconds' worth; the next sweep goes on.
TURNS_OF_A_SWEEP = 20


def mailer() -> Mailer:
    """Return the mailer of this installation for digests."""
    return open_mailer(
        smtp_url=settings.smtp_url, outbox_folder=settings.outbox_dir, gate_of=open_gate
    )


# A relay may take ten minutes to answer the final dot (RFC 5321 §4.5.3.2.6).
@app.task(name=Job.SEND_BATCH, soft_time_limit=840, time_limit=900)
def send(batch_id: int) -> None:
    """Send what is due of one batch."""
    if is_held():
        return
    send_batch(batch_id=batch_id, mailer=mailer(), clock=database_clock(), stop=is_shutting_down)


@app.task(name=Job.SWEEP_BATCHES)
def sweep() -> None:
    """Queue what waits although nobody has it in hand; end what was cancelled."""
    with unit_of_work():
        sweep_batches()
    for _ in range(TURNS_OF_A_SWEEP):
        with unit_of_work():
            if not leave_out_cancelled():
                return
