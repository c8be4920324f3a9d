"""The admin blueprint: its CSRF check, its headers and what its templates know."""

from typing import Any

from flask import Blueprint, Response, abort, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.extensions import csrf
from newsletter.staff.models import StaffRole
from newsletter.web.access import may_enter
from newsletter.web.admin import icons, numbers, times
from newsletter.web.admin.publication_choice import chosen_publication, other_publications

admin = Blueprint("admin", __name__, url_prefix="/admin")

#: Scripts and styles come from this host alone and never stand in the page.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: https:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

#: Left navigation: words, icon, endpoint, and what the endpoints of the area begin with.
NAVIGATION = (
    ("Overview", "home", "admin.overview", "overview"),
    ("Digests", "send", "admin.digests", "digest"),
    ("Articles", "news", "admin.articles", "article"),
    ("Readers", "users", "admin.readers", "reader"),
    ("Settings", "settings", "admin.settings", "settings"),
)


@admin.before_request
def refuse_foreign_posts() -> None:
    """Answer 403 to a POST that did not come from a page of this session."""
    try:
        csrf.protect()
    except CSRFError:
        abort(403, "This page was open for too long, or the request came from another site.")


@admin.after_request
def set_headers(response: Response) -> Response:
    """Keep admin pages out of caches, frames and search engines."""
    if "Content-Security-Policy" not in response.headers:
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@admin.context_processor
def page_values() -> dict[str, Any]:
    """Return what every admin template knows."""
    publication = chosen_publication() if current_user.is_authenticated else None
    zone = times.zone_of(publication)
    now = utc_now()
    return {
        "publication": publication,
        "other_publications": other_publications if publication else list,
        "navigation": [entry for entry in NAVIGATION if _exists(entry[2])],
        "area": (request.endpoint or "").removeprefix("admin."),
        "icon": icons.icon,
        "now": now,
        "zone": zone,
        "ago": lambda moment: times.ago(moment, now=now, zone=zone),
        "exact": lambda moment: times.exact(moment, zone=zone),
        "number": numbers.number,
        "may": lambda role: may_enter(current_user.role, StaffRole(role)),
        "staff": current_user,
        "mail_goes_to_outbox": settings.mail_goes_to_outbox,
    }


def _exists(endpoint: str) -> bool:
    from flask import current_app

    return endpoint in current_app.view_functions
