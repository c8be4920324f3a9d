"""What every answer tells the browser it may do, in one place."""

from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request

from newsletter.config import settings
from newsletter.web.access import Audience, declared_access

#: Reader pages: our own style sheets, script and pictures.
PAGE = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

#: The signup box and its answer may stand in a frame on other sites, on any unless BOX_SITES names
#: some: neither shows anything private.
FRAMED = {**PAGE, "frame-ancestors": "'self'"}

#: Staff pages: charts and live parts fetch from here; charts set styles by script.
ADMIN = {
    **PAGE,
    "connect-src": "'self'",
    "font-src": "'self'",
    "frame-src": "'self'",
    "img-src": "'self' https: data:",
    "manifest-src": "'self'",
    "style-src-attr": "'unsafe-inline'",
}

#: Staff look at the box as on somebody's page: it may answer in place, and stand in a frame.
BOX_PREVIEW = {**PAGE, "connect-src": "'self'", "frame-src": "'self'", "frame-ancestors": "'self'"}

#: The mail program of the outbox shows one mail in a frame.
OUTBOX = {**PAGE, "frame-src": "'self'"}

#: A mail as it came, styles inline by nature: no script, no form, no reach into our pages.
MAIL_BODY = {
    "default-src": "'none'",
    "style-src": "'unsafe-inline'",
    "img-src": "'self' https: http: data:",
    "frame-ancestors": "'self'",
    "sandbox": "allow-popups allow-popups-to-escape-sandbox",
}

#: A feed that is looked at before it is connected: its pictures are still where they were, and many
#: a site has them at http.
FEED_PREVIEW = {**ADMIN, "img-src": "'self' https: http: data:"}

POLICIES = {
    "admin.articles_feed_preview": FEED_PREVIEW,
    "signup.embed": FRAMED,
    "signup.subscribe": FRAMED,
    "admin.settings_box_preview": BOX_PREVIEW,
    "outbox.mail_list": OUTBOX,
    "outbox.mail": OUTBOX,
    "outbox.mail_html": MAIL_BODY,
}


def init_app(app: Flask) -> None:
    """Set the headers on every answer."""
    app.after_request(_set_headers)


def _set_headers(response: Response) -> Response:
    endpoint = request.endpoint or ""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _written(policy_of(endpoint)))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if settings.base_url.startswith("https://"):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if _is_private(endpoint):
        headers["Cache-Control"] = "no-store"
        headers["X-Robots-Tag"] = "noindex, nofollow"
        headers["Referrer-Policy"] = "no-referrer"
    return response


def policy_of(endpoint: str) -> dict[str, str]:
    """Return the content security policy of a view's answers."""
    fallback = ADMIN if endpoint.startswith("admin") else PAGE
    policy = POLICIES.get(endpoint, fallback)
    return {**FRAMED, "frame-ancestors": _box_sites()} if policy is FRAMED else policy


def _box_sites() -> str:
    """Return who may frame the box; we always may, for staff look at it that way."""
    sites = settings.box_sites
    return sites if "*" in sites.split() else f"'self' {sites}".strip()


def _is_private(endpoint: str) -> bool:
    """Whether the answer belongs to one person, so that no cache or index may keep it."""
    if not endpoint:
        return (
            True  # no such page, or not by this method: its address may carry a token all the same
        )
    access = declared_access(current_app, endpoint)
    return access is not None and access.audience is not Audience.PUBLIC


def _written(policy: dict[str, str]) -> str:
    pictures = f"{policy['img-src']} {_own_origin()}".strip()
    return "; ".join(f"{name} {value}" for name, value in {**policy, "img-src": pictures}.items())


def _own_origin() -> str:
    """Name the public address too: pictures carry it even where the page was asked for by another.

    A trial on one machine has http, where `https:` does not cover it.
    """
    parts = urlsplit(settings.base_url)
    return f"{parts.scheme}://{parts.netloc}"
