"""Renew a lease in the background while the relay keeps the worker waiting."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from flask import Flask, current_app

from newsletter.deliveries.lease import LEASE, Lease, LeaseLost, renew
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()


@contextmanager
def heartbeat(lease: Lease) -> Iterator[None]:
    """Renew `lease` three times per period until the block ends."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    stop = threading.Event()
    thread = threading.Thread(target=_beat, args=(app, lease, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beat(app: Flask, lease: Lease, stop: threading.Event) -> None:
    while not stop.wait(LEASE.total_seconds() / 3):
        with app.app_context():
            try:
                with unit_of_work():
                    renew(lease)
            except LeaseLost:
                return
            except Exception:
                # The next write of the worker itself meets the same trouble and reports it.
                log.exception("lease_not_renewed", batch_id=lease.batch_id)
            finally:
                db.session.remove()
