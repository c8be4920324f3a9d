"""How long others may keep an answer, and that one who has it gets it only once."""

from datetime import datetime

from flask import Response, request

from newsletter.clock import utc_now

#: Archive pages: a withdrawn article is gone from every cache within this time.
PAGE_SECONDS = 300
DAY_SECONDS = 24 * 3600
YEAR_SECONDS = 365 * DAY_SECONDS


def kept(
    response: Response, *, seconds: int = PAGE_SECONDS, changed_at: datetime | None = None
) -> Response:
    """Let everybody keep `response` for some seconds; answer 304 to who has this very one."""
    response.cache_control.public = True
    response.cache_control.max_age = seconds
    if changed_at is not None:
        response.last_modified = min(changed_at, utc_now())  # feeds date articles ahead
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]
