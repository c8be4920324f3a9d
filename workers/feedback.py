"""Tasks for what comes back: handle notices, look into the mailbox of bounces."""

import time

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

#: A mailbox is looked into again within one task for so long; the next comes in a minute.
POLL_SECONDS = 30.0


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
    """Take what lies in the mailbox of bounces, where there is one, for most of a minute."""
    if not settings.bounce_imap_url:
        return
    try:
        end = time.monotonic() + POLL_SECONDS
        while empty_mailbox(url=settings.bounce_imap_url, clock=utc_now) >= AT_ONCE:
            if time.monotonic() > end:
                break
    except MailboxUnavailable as trouble:
        log.warning("mailbox_unavailable", reason=str(trouble))
