"""Whether a caller wants a page or JSON."""

from flask import request


def wants_json() -> bool:
    """Say whether the answer should be JSON: it was sent, asked for, or belongs to the API."""
    if request.path.startswith(("/api/", "/webhooks/")) or request.mimetype == "application/json":
        return True
    # The first one wins where the caller takes anything, as curl and most scripts say they do.
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == (
        "application/json"
    )
