"""Parts of a page that show themselves anew while somebody looks: server-sent events."""

import threading
import time
from collections.abc import Callable, Iterator

from flask import Response, stream_with_context

from newsletter.extensions import db

#: Seconds between two looks at the rows.
LOOK_SECONDS = 1.0
#: Something is said at least so often, so that the page knows that it is fresh.
SILENCE_SECONDS = 10.0
#: A stream ends by itself after so long and the page opens the next: who was signed out meanwhile
#: is met there, and a server that stops does not wait long.
LONGEST_SECONDS = 60.0
#: A stream keeps one thread of the web server. Whoever comes when these are taken gets a single
#: look, and asks for the next one by herself.
MOST_STREAMS = 4

_free = threading.BoundedSemaphore(MOST_STREAMS)


def event_stream(look: Callable[[], str], *, over: Callable[[], bool]) -> Response:
    """Answer with what `look` returns, again whenever it has changed.

    Args:
        look: renders the part; a new transaction is open.
        over: once true, the page is told to load itself anew: more than the part is out of date.
    """
    streams = _free.acquire(blocking=False)
    longest = LONGEST_SECONDS if streams else 0.0
    events = _events(look, over, until=time.monotonic() + longest)
    answer = Response(stream_with_context(events), mimetype="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"  # nginx would keep it until it is whole
    if streams:
        answer.call_on_close(_free.release)
    return answer


def _events(look: Callable[[], str], over: Callable[[], bool], *, until: float) -> Iterator[str]:
    shown, said_at = "", float("-inf")
    while True:
        db.session.rollback()  # see what workers wrote meanwhile
        if over():
            yield "event: outdated\ndata: \n\n"
            return
        part = look()
        db.session.remove()  # no connection is kept while nothing happens
        now = time.monotonic()
        if part != shown or now - said_at >= SILENCE_SECONDS:
            shown, said_at = part, now
            yield _message(part)
        if now >= until:
            return
        time.sleep(LOOK_SECONDS)


def _message(part: str) -> str:
    return "".join(f"data: {line}\n" for line in part.splitlines()) + "\n"
