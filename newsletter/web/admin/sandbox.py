"""Foreign HTML for a frame: no script, no form, no reach into the admin pages."""

from flask import Response, make_response

#: As a mail program would treat it; links open beside the frame.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: http: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


def sandboxed(html: str) -> Response:
    """Answer a whole document that a frame of an admin page shows."""
    response = make_response(html)
    response.headers["Content-Security-Policy"] = POLICY
    return response
