"""Celery in a world that differs: another clock, quicker periods, content that kills.

Started as `python -m tests.faults.altered …` in place of `celery …`; each difference is a variable
of the environment. Everything else is the real program.
"""

import os
import signal
import sys
from datetime import datetime, timedelta, tzinfo
from typing import Any

from celery.__main__ import main
from celery.app.base import Celery
from celery.worker import request

from newsletter import clock


def shift_clock(by: timedelta) -> None:
    """Let the whole process live at another time, Celery's expiry of messages included."""
    right_now, celery_now = clock.utc_now, Celery.now

    class ShiftedDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + by

    clock.utc_now = lambda: right_now() + by
    Celery.now = lambda self: celery_now(self) + by
    request.datetime = ShiftedDatetime


def shorten_leases(seconds: float) -> None:
    """Let a batch or a publishing be in hand for so long only, unless its holder renews."""
    from newsletter.deliveries import lease
    from newsletter.digests import publishing

    lease.LEASE = publishing.LEASE = timedelta(seconds=seconds)


def hurry(seconds: float) -> None:
    """Ask for everything that recurs so often."""
    from workers import schedule

    for job in schedule.PERIODS:
        schedule.PERIODS[job] = seconds


def hurry_timer(seconds: float) -> None:
    """Let the worker's own clock ask for sweeps so often."""
    from workers import timer

    timer.SWEEP_SECONDS = max(6, int(seconds))  # it keeps other workers quiet for 5 seconds less


def make_batches_smaller(size: int) -> None:
    """Let fan-out make batches of so many deliveries."""
    from newsletter.deliveries import fan_out_slices

    fan_out_slices.BATCH_SIZE = size


def shorten_pauses(seconds: float) -> None:
    """Let a relay that did not let us in be asked again after so long."""
    from newsletter.mail import relay_health

    relay_health.PAUSE_SECONDS = int(seconds)


def die_of(word: str, *, room: str) -> None:
    """Let the process be killed, as for want of memory, when it meets a text with `word`."""
    if room == "compile":
        from newsletter.deliveries import content as module

        name = "compile_variant"
    else:
        from newsletter.digests import variants as module

        name = "render_groups"
    harmless = getattr(module, name)

    def deadly(*given: Any, **named: Any) -> Any:
        subject = given[0] if given else named["digest"]
        if word in subject.subject:
            os.kill(os.getpid(), signal.SIGKILL)
        return harmless(*given, **named)

    setattr(module, name, deadly)


if __name__ == "__main__":
    # The clock goes first: other modules take `utc_now` by name when they are imported.
    if "ALTERED_CLOCK_SECONDS" in os.environ:
        shift_clock(timedelta(seconds=float(os.environ["ALTERED_CLOCK_SECONDS"])))
    if "ALTERED_LEASE_SECONDS" in os.environ:
        shorten_leases(float(os.environ["ALTERED_LEASE_SECONDS"]))
    if "ALTERED_PERIOD_SECONDS" in os.environ:
        hurry(float(os.environ["ALTERED_PERIOD_SECONDS"]))
        hurry_timer(float(os.environ["ALTERED_PERIOD_SECONDS"]))
    if "ALTERED_BATCH_SIZE" in os.environ:
        make_batches_smaller(int(os.environ["ALTERED_BATCH_SIZE"]))
    if "ALTERED_PAUSE_SECONDS" in os.environ:
        shorten_pauses(float(os.environ["ALTERED_PAUSE_SECONDS"]))
    for room in ("compile", "render"):
        if f"ALTERED_DEADLY_{room.upper()}" in os.environ:
            die_of(os.environ[f"ALTERED_DEADLY_{room.upper()}"], room=room)
    sys.exit(main())
