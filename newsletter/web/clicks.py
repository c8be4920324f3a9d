"""Counted links of mails: they lead to stored addresses and nowhere else."""

import re
import time

from flask import Blueprint, Response, abort, request
from werkzeug.routing import BaseConverter

from newsletter.clock import utc_now
from newsletter.digests.clicks import Visit, note_click
from newsletter.digests.counted_links import TOKEN, KnownLink, find_link, may_lead_to
from newsletter.web.access import public

blueprint = Blueprint("clicks", __name__)

#: Written like a token, though perhaps not ours; everything else tries to lead elsewhere.
_HARMLESS = re.compile(r"[A-Za-z0-9_-]*")

#: A link is remembered for this long, so that a rush costs the database little.
MEMORY_SECONDS = 60.0
MOST_REMEMBERED = 5_000
_remembered: dict[str, tuple[float, KnownLink]] = {}


class Rest(BaseConverter):
    """The rest of an address as it came, slashes at its start too."""

    regex = ".*"
    part_isolating = False


@blueprint.get("/r/<rest:token>")
@public
def follow(token: str) -> Response:
    """Lead to the stored address, and note the click if its publication counts."""
    if not TOKEN.fullmatch(token):
        abort(404 if _HARMLESS.fullmatch(token) else 400)
    link = _known(token) or abort(404)
    if not may_lead_to(link.url):
        abort(400)
    if link.is_counted:
        note_click(link_id=link.id, digest_id=link.digest_id, visit=visit(), now=utc_now())
    headers = {
        "Location": link.url,
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
    }
    return Response("", 302, headers)


def _known(token: str) -> KnownLink | None:
    until, link = _remembered.get(token, (0.0, None))
    if time.monotonic() < until:
        return link
    link = find_link(token)
    if link is not None:
        if len(_remembered) >= MOST_REMEMBERED:
            forget()
        _remembered[token] = (time.monotonic() + MEMORY_SECONDS, link)
    return link


def forget() -> None:
    """Ask the database for whatever link is followed next."""
    _remembered.clear()


def visit() -> Visit:
    """Return what the running request says of itself."""
    headers = request.headers
    return Visit(
        method=request.method,
        user_agent=request.user_agent.string,
        purpose=headers.get("Sec-Purpose") or headers.get("Purpose") or headers.get("X-Moz", ""),
        address=request.remote_addr or "",
    )
