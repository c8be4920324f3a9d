"""Gunicorn's configuration for the all-in-one start: load now, answer once the tables are there.

Loading the pages and migrating the database each take seconds; they may as well be the same ones.
"""

import os
from typing import Any

GATE = "NEWSLETTER_GATE"


def post_worker_init(_worker: Any) -> None:
    """Wait until the supervisor has closed its end of the pipe; at a restart it long has."""
    while os.read(int(os.environ[GATE]), 1):
        pass
