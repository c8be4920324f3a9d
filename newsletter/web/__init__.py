"""The pages: blueprints and forms."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from newsletter.config import Settings
from newsletter.extensions import csrf, limiter


def init_app(app: Flask) -> None:
    """Bind what only pages need, and register the blueprints."""
    settings: Settings = app.extensions["settings"]
    hops = settings.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    csrf.init_app(app)
    limiter.init_app(app)
