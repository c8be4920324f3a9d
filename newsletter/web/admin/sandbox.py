"""Foreign HTML for a frame: no script, no form, no reach into the admin pages."""

import re

from flask import Response, make_response

#: As a mail program would treat it; links open beside the frame.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: http: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_OPEN_BESIDE = '<base target="_blank">'


def sandboxed(html: str) -> Response:
    """Answer a whole document that a frame of an admin page shows."""
    response = make_response(_HEAD.sub(lambda head: head[0] + _OPEN_BESIDE, html, count=1))
    response.headers["Content-Security-Policy"] = POLICY
    return response
