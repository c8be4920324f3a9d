"""Structured logs: a constant event with ids as fields; never an address, never a token."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

#: Field names that would carry a person's address or a key to her data.
FORBIDDEN_FIELDS = frozenset({"email", "address", "token", "recipient", "password", "name"})


def configure_logs(*, level: str) -> None:
    """Send every log line, our own and the libraries', to standard error in one form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_personal_fields,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_rendering())
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("alembic", "celery", "kombu", "flask_limiter", "limits"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def _rendering() -> list[Processor]:
    cleaned = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if sys.stderr.isatty():
        return [cleaned, structlog.dev.ConsoleRenderer()]
    return [
        cleaned,
        structlog.processors.format_exc_info,
        structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
    ]


def _without_personal_fields(_logger: Any, _method: str, event: EventDict) -> EventDict:
    for field in FORBIDDEN_FIELDS & event.keys():
        event[field] = "[withheld]"
    return event
