"""The pages: blueprints and forms."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from newsletter.config import Settings
from newsletter.extensions import csrf, limiter
from newsletter.web import (
    access,
    addresses,
    admin,
    archive,
    atom,
    box,
    clicks,
    crawlers,
    errors,
    health,
    hubs,
    outbox,
    pictures,
    sample,
    search,
    security_headers,
    share,
    signup,
    static_files,
    subscriptions,
    theme,
    topics,
    words,
)
from newsletter.web.forms import TRAP_FIELD


def init_app(app: Flask) -> None:
    """Bind what only pages need, and register the blueprints."""
    static_files.init_app(app)
    app.url_map.converters["rest"] = clicks.Rest
    _trust_proxies(app)
    csrf.init_app(app)
    limiter.init_app(app)
    access.enforce(app)
    security_headers.init_app(app)
    box.init_app(app)
    errors.init_app(app)
    app.jinja_env.globals.update(
        addresses.GLOBALS, trap_field=TRAP_FIELD, longest_question=search.LONGEST_QUESTION
    )
    app.jinja_env.filters.update(words.FILTERS)
    doors = (signup, box, subscriptions, clicks)
    archives = (archive, atom, topics, search, share, crawlers, pictures)
    for room in (*doors, *archives, theme, outbox, sample, health, hubs):
        app.register_blueprint(room.blueprint)
    admin.init_app(app)


def _trust_proxies(app: Flask) -> None:
    settings: Settings = app.extensions["settings"]
    hops = settings.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
