"""The pages: blueprints and forms."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from newsletter.config import Settings
from newsletter.extensions import csrf, limiter
from newsletter.mail.exchangers import Exchangers
from newsletter.web import (
    access,
    addresses,
    admin,
    api,
    archive,
    atom,
    box,
    choices,
    clicks,
    crawlers,
    errors,
    even_time,
    health,
    hubs,
    keeping,
    language,
    leaving,
    moving,
    my_data,
    opens,
    outbox,
    pictures,
    sample,
    search,
    security_headers,
    share,
    signup,
    signup_pages,
    slashes,
    static_files,
    subscriptions,
    theme,
    topics,
    webhooks,
    words,
)
from newsletter.web.forms import TRAP_FIELD


def init_app(app: Flask) -> None:
    """Bind what only pages need, and register the blueprints."""
    static_files.init_app(app)
    app.url_map.converters["rest"] = clicks.Rest
    _trust_proxies(app)
    language.init_app(app)  # first, so that refusals speak the reader's language too
    csrf.init_app(app)
    limiter.init_app(app)
    app.extensions["exchangers"] = Exchangers()
    app.config.setdefault("EVEN_ANSWER_SECONDS", even_time.EVEN_SECONDS)
    access.enforce(app)
    security_headers.init_app(app)
    slashes.init_app(app)  # its answer gets the headers too: what comes later runs first
    box.init_app(app)
    errors.init_app(app)
    app.jinja_env.globals.update(
        addresses.GLOBALS,
        trap_field=TRAP_FIELD,
        stamp=signup_pages.stamp,
        longest_question=search.LONGEST_QUESTION,
    )
    app.jinja_env.filters.update(words.FILTERS)
    doors = (signup, api, box, subscriptions, clicks, opens)
    archives = (archive, atom, topics, search, share, crawlers, pictures)
    rights = (leaving, keeping, choices, my_data, moving)
    others = (theme, outbox, sample, health, hubs, webhooks)
    for room in (*doors, *rights, *archives, *others):
        app.register_blueprint(room.blueprint)
    admin.init_app(app)


def _trust_proxies(app: Flask) -> None:
    settings: Settings = app.extensions["settings"]
    hops = settings.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
