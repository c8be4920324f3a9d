"""The admin blueprint: its CSRF check, its headers and what its templates know."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.extensions import csrf
from newsletter.staff.models import StaffRole
from newsletter.web.access import declared_access, may_enter
from newsletter.web.admin import icons, numbers, times
from newsletter.web.admin.publication_choice import chosen_publication, other_publications

admin = Blueprint("admin", __name__, url_prefix="/admin")

#: Row numbers have 64 bits.
LARGEST_ID = 2**63 - 1

#: Left navigation: words, icon, endpoint, and what the endpoints of the area begin with.
NAVIGATION = (
    ("Overview", "home", "admin.overview", "overview"),
    ("Digests", "send", "admin.digests", "digest"),
    ("Articles", "news", "admin.articles", "article"),
    ("Readers", "users", "admin.readers", "reader"),
    ("Deliverability", "mail", "admin.deliverability", "deliverability"),
    ("Settings", "settings", "admin.settings", "settings"),
)


#: Forms with long texts and files: how many octets a request to them may have, and how many fields.
#: A file too large for an article comes in up to here, so that the text beside it is not lost.
LARGEST_REQUEST = 32 * 1024 * 1024
LARGEST_FIELDS = 4 * 1024 * 1024
MOST_FIELDS = 500
LARGE_FORMS = ("admin.article_start", "admin.article_save", "admin.article_preview")


@admin.before_request
def take_large_forms() -> None:
    """Let those forms be larger than others; before the check of the token, which reads them."""
    if request.endpoint in LARGE_FORMS:
        request.max_content_length = LARGEST_REQUEST
        request.max_form_memory_size = LARGEST_FIELDS
        request.max_form_parts = MOST_FIELDS


@admin.before_request
def refuse_foreign_posts() -> None:
    """Answer 403 to a POST that did not come from a page of this session."""
    try:
        csrf.protect()
    except CSRFError:
        abort(403, "This page was open for too long, or the request came from another site.")


@admin.before_request
def refuse_impossible_numbers() -> None:
    """Answer 404 for a number that no row can have, rather than let the database refuse it."""
    numbers_in_address = (one for one in (request.view_args or {}).values() if isinstance(one, int))
    if any(one > LARGEST_ID for one in numbers_in_address):
        abort(404)


@admin.after_request
def keep_private(response: Response) -> Response:
    """Keep every admin page, the sign-in page too, out of caches and search engines."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
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
        "navigation": [entry for entry in NAVIGATION if _opens(entry[2])],
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


def _opens(endpoint: str) -> bool:
    """Say whether the page exists and the signed-in member may enter it."""
    access = declared_access(current_app, endpoint)
    needed = access.role if access else None
    return bool(needed and current_user.is_authenticated and may_enter(current_user.role, needed))
