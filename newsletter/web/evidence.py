"""Where a request came from, as far as consent has to be proved."""

from urllib.parse import SplitResult, urlsplit

from flask import request

from newsletter.config import settings
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import Source
from newsletter.web.forms import JSON_TYPE

#: Doors whose addresses carry a token.
_BY_LINK = (Source.MAIL_LINK, Source.ONE_CLICK)


def evidence(source: Source) -> RequestEvidence:
    """Describe the running request."""
    if source in _BY_LINK:
        # Not what the browser tells: that would be this address with the reader's own token.
        page = str(request.url_rule).partition("<")[0].rstrip("/")
        return _described(source, settings.base_url + page)
    return _described(source, _without_query(request.referrer or ""))


def signup_evidence(came_from: str | None) -> RequestEvidence:
    """Describe a signup by the door it came through: our page, another site's form, or JSON.

    Args:
        came_from: as `form_page` told when a question was put between, which is not the page
            that was agreed on; None if none was.
    """
    if request.mimetype == JSON_TYPE:
        return evidence(Source.JSON)
    origin = request.headers.get("Origin") or request.referrer or ""
    ours = {_host(settings.base_url), request.host}
    at_home = _host(origin if came_from is None else came_from) in ours
    return _described(Source.PAGE if at_home else Source.FOREIGN_FORM, form_page(came_from))


def form_page(came_from: str | None) -> str:
    """Return the page whose form the reader filled in, or as much of it as browsers tell.

    Args:
        came_from: what the form of a question brought along; None if there was no question yet.
    """
    if came_from is not None:
        return _without_query(came_from)
    origin = request.headers.get("Origin") or ""
    return _without_query(request.referrer or "") or _without_query(origin)


def _described(source: Source, page: str) -> RequestEvidence:
    return RequestEvidence(
        source=source,
        page=page,
        ip_address=request.remote_addr or "",
        user_agent=request.user_agent.string,
    )


def _without_query(page: str) -> str:
    """Return the address of a page without its query, which may be private."""
    parts = _parts(page)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else ""


def _host(address: str) -> str:
    return _parts(address).netloc


def _parts(address: str) -> SplitResult:
    """Take an address apart; one that is none, as a program may send, has no parts."""
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult("", "", "", "", "")
