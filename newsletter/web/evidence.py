"""Where a request came from, as far as consent has to be proved."""

from urllib.parse import SplitResult, urlsplit

from flask import request

from newsletter.config import settings
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import Source


def evidence(source: Source) -> RequestEvidence:
    """Describe the running request."""
    return RequestEvidence(
        source=source,
        page=_page(),
        ip_address=request.remote_addr or "",
        user_agent=request.user_agent.string,
    )


def signup_source() -> Source:
    """Say which door a signup came through: our page, another site's form, or JSON."""
    if request.mimetype == "application/json":
        return Source.JSON
    origin = request.headers.get("Origin") or request.referrer or ""
    ours = {_host(settings.base_url), request.host}
    return Source.PAGE if _host(origin) in ours else Source.FOREIGN_FORM


def _page() -> str:
    """Return the page the request was sent from, without its query, which may be private."""
    parts = _parts(request.referrer or "")
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else ""


def _host(address: str) -> str:
    return _parts(address).netloc


def _parts(address: str) -> SplitResult:
    """Take an address apart; one that is none, as a program may send, has no parts."""
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult("", "", "", "", "")
