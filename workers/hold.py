"""The hold, asked by every task that would have mail sent; and the mark that tells when to hold."""

from newsletter.config import settings
from newsletter.database_clock import database_now
from newsletter.extensions import redis
from newsletter.jobs import Job
from newsletter.mail.sending_hold import Witnesses, advance_mark, sending_is_held
from newsletter.unit_of_work import unit_of_work
from workers.app import app


def witnesses() -> Witnesses:
    """Return the witnesses of this machine."""
    return Witnesses(redis=redis, folder=settings.var_dir)


def is_held() -> bool:
    """Whether nothing may be sent until staff release it."""
    return sending_is_held(witnesses=witnesses(), now=database_now())


@app.task(name=Job.MARK_SENDING)
def mark() -> None:
    """Raise the mark, unless the database went back."""
    if is_held():
        return
    with unit_of_work():
        number = advance_mark(now=database_now())
    witnesses().tell(number)
