"""The background door: Celery tasks, each a thin call into a room."""

from workers.app import app as celery

__all__ = ["celery"]
