"""What the scheduler asks for and how often; the rows say whether anything is due."""

from typing import Any

from newsletter.jobs import Job

#: Seconds between two requests. Most find nothing to do and cost one indexed query.
PERIODS: dict[Job, float] = {
    Job.SWEEP_LETTERS: 15,
    Job.START_DUE_DIGESTS: 15,
    Job.SWEEP_DIGESTS: 15,
    Job.SWEEP_BATCHES: 15,
    Job.WATCH_SIGNUPS: 15,
    Job.POLL_DUE_FEEDS: 60,
    Job.MARK_SENDING: 60,
    Job.SWEEP_NOTICES: 60,
    Job.POLL_BOUNCES: 60,
    Job.INDEX_ARTICLES: 300,
    Job.SWEEP_PICTURES: 60,
    Job.SWEEP_HUBS: 60,
    Job.CHECK_LINKS: 60,
    Job.RELEASE_DUE_ARTICLES: 60,
    Job.COUNT_CLICKS: 60,
    Job.COUNT_OPENS: 60,
    # Twice within the hour of the day in which a publication asks; its share of a day holds.
    Job.ASK_SILENT: 1800,
    Job.TIDY: 3600,
}


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Return Celery's schedule."""
    return {
        job.value: {
            "task": job.value,
            "schedule": period,
            "options": message_options(job, period),
        }
        for job, period in PERIODS.items()
    }


def message_options(job: Job, period: float) -> dict[str, Any]:
    """Return the queue and the expiry, so that a worker that was away finds no pile of them."""
    return {"queue": job.queue, "expires": period * 0.9}
