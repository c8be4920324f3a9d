"""Several looks at once, for as long as somebody waits and no longer."""

import threading
import time
from collections.abc import Callable, Mapping

import structlog

from newsletter.errors import TemporaryError
from newsletter.mail.domain_findings import DomainFinding, Part, State

log = structlog.get_logger()

Look = Callable[[], DomainFinding]


def look_within(looks: Mapping[Part, Look], *, seconds: float) -> list[DomainFinding]:
    """Return what each look found; those that take longer are left to end by themselves.

    They run in threads of their own, so that a server that says nothing keeps nobody waiting.
    """
    found: dict[Part, DomainFinding] = {}
    threads = [
        threading.Thread(target=_look, args=(part, look, found), daemon=True)
        for part, look in looks.items()
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    late = f"No answer within {seconds:g} seconds."
    done = dict(found)  # a late thread may still add to the other
    return [done.get(part) or DomainFinding(part, State.UNKNOWN, late) for part in looks]


def _look(part: Part, look: Look, found: dict[Part, DomainFinding]) -> None:
    try:
        found[part] = look()
    except TemporaryError as error:
        found[part] = DomainFinding(part, State.UNKNOWN, str(error))
    except Exception:
        log.exception("domain_look_failed", part=part.value)
        found[part] = DomainFinding(part, State.UNKNOWN, "It could not be looked up; see the log.")
