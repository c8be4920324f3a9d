"""Where tasks run: inside the Flask application, without pages."""

from functools import cache
from typing import Any

import structlog
from celery import Task
from flask import Flask, current_app, has_app_context

from newsletter import create_app

log = structlog.get_logger()


def flask_app() -> Flask:
    """Return the application: the one at hand, else one per process, built when first needed."""
    if has_app_context():
        return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]
    return _own_app()


@cache
def _own_app() -> Flask:
    return create_app(pages=False)


class JobTask(Task[Any, Any]):
    """A task inside the application's context, which also ends its database session."""

    abstract = True

    def __call__(self, *args: Any, **ids: Any) -> Any:
        if has_app_context():
            return self.run(*args, **ids)
        with flask_app().app_context(), structlog.contextvars.bound_contextvars(job=self.name):
            return self._run_logged(*args, **ids)

    def _run_logged(self, *args: Any, **ids: Any) -> Any:
        try:
            return self.run(*args, **ids)
        except Exception:
            log.exception("job_failed", **ids)
            raise
