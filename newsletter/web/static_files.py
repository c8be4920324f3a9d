"""Static files: sent by WhiteNoise, kept by browsers until their content changes."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise  # type: ignore[import-untyped]

DAY_SECONDS = 24 * 3600
YEAR_SECONDS = 365 * DAY_SECONDS

#: Pages ask for these with the hash of their content in the address; pictures they do not.
LONG_LIVED = (".css", ".js")


def init_app(app: Flask) -> None:
    """Serve the static folder and write the addresses of its files with their hash."""
    folder = Path(app.static_folder or "")
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(folder),
        prefix="static/",
        max_age=DAY_SECONDS,
        add_headers_function=_add_headers,
        autorefresh=app.debug,
    )

    @app.url_defaults
    def add_hash(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values:
            values["v"] = _hash(folder / values["filename"])


@cache
def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "0"


def _add_headers(headers: Headers, path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    if path.endswith(LONG_LIVED):
        headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    elif path.endswith(".svg"):
        headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
