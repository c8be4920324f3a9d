"""An installation to measure: the application on a fresh database, and its worker processes."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import flask_migrate
from flask import Flask

from bench.services import Services
from newsletter import PROJECT_DIR, create_app
from newsletter.config import Settings
from newsletter.extensions import db, redis

KEY = "a-key-for-measuring-only-0123456789abcdef"

#: Settings of the person who measures stay out.
KEPT = ("PATH", "HOME", "TMPDIR", "LANG")


@dataclass(frozen=True)
class Installation:
    """An application with its database; its context is the current one inside `installation`."""

    app: Flask
    folder: Path
    settings: Settings

    def environment(self, *, smtp_url: str) -> dict[str, str]:
        """Return what another process of the same installation is started with."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {
            **kept,
            "PYTHONPATH": str(PROJECT_DIR),
            "PYTHONWARNINGS": "ignore",
            "SECRET_KEY": self.settings.secret_key,
            "DATABASE_URL": self.settings.database_url,
            "REDIS_URL": self.settings.redis_url,
            "SMTP_URL": smtp_url,
            "BASE_URL": self.settings.base_url,
            "BOUNCE_DOMAIN": self.settings.bounce_domain,
            "CHECK_MAIL_DOMAINS": "false",
            "LOG_LEVEL": self.settings.log_level,
            "VAR_DIR": str(self.settings.var_dir),
        }


@contextmanager
def installation(services: Services) -> Iterator[Installation]:
    """Yield an installation on an empty database and an empty queue, inside its context."""
    with services.database() as database_url:
        settings = Settings(
            _env_file=None,
            secret_key=KEY,
            database_url=database_url,
            redis_url=services.redis_url,
            smtp_url="",
            base_url="https://news.example.org",
            bounce_domain="bounces.example.org",
            log_level="ERROR",
            # Its own: a new database beside an old mark would be held as one that went back.
            var_dir=services.folder / f"var-{uuid.uuid4().hex[:8]}",
            trusted_proxies=0,
            fetch_allow="",
        )
        app = create_app(settings, pages=False)
        with app.app_context():
            flask_migrate.upgrade()
            redis.flushdb()
            try:
                yield Installation(app, services.folder, settings)
            finally:
                db.session.remove()
                db.engine.dispose()
