"""Tasks for what comes back: handle notices, look into the mailbox of bounces."""

import structlog

from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.database_clock import database_now
from newsletter.feedback.handle import handle_notice, waiting_notices
from newsletter.feedback.mailbox import AT_ONCE, MailboxUnavailable, empty_mailbox
from newsletter.jobs import Job, enqueue
from newsletter.unit_of_work import unit_of_work
from workers.app import app

log = structlog.get_logger()


@app.task(name=Job.HANDLE_NOTICE)
def handle(notice_id: int) -> None:
    """Handle one notice, unless it was."""
    handle_notice(notice_id=notice_id, now=database_now())


@app.task(name=Job.SWEEP_NOTICES)
def sweep() -> None:
    """Ask again for notices whose job was lost."""
    with unit_of_work():
        for notice_id in waiting_notices(now=utc_now()):
            enqueue(Job.HANDLE_NOTICE, notice_id=notice_id)


@app.task(name=Job.POLL_BOUNCES)
def poll() -> None:
    """Take what lies in the mailbox of bounces, where there is one; ask again while more lies."""
    if not settings.bounce_imap_url:
        return
    try:
        taken = empty_mailbox(url=settings.bounce_imap_url, clock=utc_now)
    except MailboxUnavailable as trouble:
        log.warning("mailbox_unavailable", reason=str(trouble))
        return
    if taken >= AT_ONCE:
        with unit_of_work():
            enqueue(Job.POLL_BOUNCES)
