"""A newsletter service for news publishers: signup, articles, digests, deliveries."""

import sys
from pathlib import Path
from typing import Any

from flask import Flask
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from newsletter import commands, database, extensions, jobs, limit_storage
from newsletter.config import Settings, UnusableSetting, load_settings
from newsletter.logs import configure_logs

PROJECT_DIR = Path(__file__).resolve().parent.parent


def create_app(settings: Settings | None = None, *, pages: bool = True) -> Flask:
    """Build the application: configuration, extensions, then pages and commands.

    Args:
        settings: read from the environment if not given.
        pages: workers and commands serve none and so start earlier.

    A missing or malformed setting ends the process with one sentence that names it.
    """
    settings = settings or _settings_or_exit()
    configure_logs(level=settings.log_level)
    app = Flask(
        "newsletter",
        root_path=str(PROJECT_DIR / "newsletter"),
        template_folder=str(PROJECT_DIR / "templates"),
        static_folder=str(PROJECT_DIR / "static"),
    )
    app.extensions["settings"] = settings
    app.config.update(_flask_config(settings))
    _bind_extensions(app, settings)
    commands.init_app(app)
    if pages:
        from newsletter import web

        web.init_app(app)
    return app


def _settings_or_exit() -> Settings:
    try:
        return load_settings()
    except UnusableSetting as error:
        sys.exit(f"Cannot start: {error}")


def _flask_config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_keys[0],
        "SECRET_KEY_FALLBACKS": list(settings.secret_keys[1:]),
        "SQLALCHEMY_DATABASE_URI": _absolute_database_url(settings.database_url),
        "SQLALCHEMY_ENGINE_OPTIONS": database.engine_options(
            settings.database_url, busy_seconds=settings.sqlite_busy_seconds
        ),
        "SESSION_COOKIE_SECURE": settings.base_url.startswith("https://"),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "MAX_FORM_PARTS": 100,
        "RATELIMIT_STORAGE_URI": limit_storage.PREFIX + jobs.limiter_url(settings.redis_url),
        "RATELIMIT_STORAGE_OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        "RATELIMIT_KEY_PREFIX": "fixed",
        "RATELIMIT_HEADERS_ENABLED": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_CHECK_DEFAULT": False,
    }


def _absolute_database_url(url: str) -> str:
    """Anchor a relative SQLite path at the working folder, which Flask-SQLAlchemy would not."""
    if not url.startswith("sqlite:///") or url == "sqlite:///:memory:":
        return url
    path = Path(url.removeprefix("sqlite:///")).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{path}"


def _bind_extensions(app: Flask, settings: Settings) -> None:
    extensions.db.init_app(app)
    extensions.migrate.init_app(app, extensions.db, directory=str(PROJECT_DIR / "migrations"))
    # Without a retry: the client's own three would keep a request waiting for eight seconds.
    app.extensions["redis"] = Redis.from_url(
        settings.redis_url,
        socket_timeout=2,
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 0),
    )
    jobs.init_app(app, settings)
    with app.app_context():
        database.prepare_engine(extensions.db.engine)
    import_models()


def import_models() -> None:
    """Register every table but those of staff, which only the pages need."""
    from newsletter.articles import manuscript_models as _manuscripts  # noqa: F401
    from newsletter.articles import models as _articles  # noqa: F401
    from newsletter.deliveries import models as _deliveries  # noqa: F401
    from newsletter.deliveries import open_models as _opens  # noqa: F401
    from newsletter.digests import models as _digests  # noqa: F401
    from newsletter.feedback import models as _feedback  # noqa: F401
    from newsletter.mail import models as _mail  # noqa: F401
    from newsletter.publications import models as _publications  # noqa: F401
    from newsletter.subscriptions import gate_models as _gate  # noqa: F401
    from newsletter.subscriptions import models as _subscriptions  # noqa: F401
    from newsletter.subscriptions import sign_models as _signs  # noqa: F401
    from newsletter.suppressions import models as _suppressions  # noqa: F401


__all__ = ["create_app"]
