"""Redirects of the routing, for a slash too many or too few, keep to our own host."""

from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request
from werkzeug.routing import RequestRedirect


def init_app(app: Flask) -> None:
    """Write such redirects without a host: the routing takes it from what the request claims."""
    app.after_request(_without_host)


def _without_host(response: Response) -> Response:
    if not isinstance(request.routing_exception, RequestRedirect):
        return response
    parts = urlsplit(response.location or "/")
    # One slash at its start: with two, a browser would take what follows for a host.
    path = f"/{parts.path.lstrip('/')}"
    return redirect(  # type: ignore[return-value]
        f"{path}?{parts.query}" if parts.query else path, response.status_code
    )
