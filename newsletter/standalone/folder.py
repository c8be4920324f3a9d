"""The folder that the all-in-one start keeps: one service at a time, one secret key for good."""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from newsletter.standalone.errors import CannotStart

ENV_FILE = "standalone.env"
LOCK_FILE = "standalone.lock"
FIRST_LINE = (
    "# Written at each start of `make run`. To change a setting, set it in the environment."
)

#: How long the programs of a killed service may take to end before a new start gives up.
LEFTOVERS_SECONDS = 30.0


@contextmanager
def claimed(folder: Path) -> Iterator[int]:
    """Hold the folder; yields the lock's file descriptor.

    Every program inherits the descriptor, so that the folder is free only when all are gone.

    Raises:
        CannotStart: a service runs in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, folder)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    give_up = time.monotonic() + LEFTOVERS_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode()
            if not holder or _is_alive(int(holder)) or time.monotonic() > give_up:
                raise CannotStart(
                    f"the service runs already in the folder {folder} (process {holder or '?'})."
                ) from None
            time.sleep(0.1)
        else:
            return


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def kept_key(folder: Path) -> str:
    """Return the secret key of the folder; a new one if it has none."""
    return _read(folder).get("SECRET_KEY") or secrets.token_urlsafe(48)


def keep(folder: Path, values: Mapping[str, str]) -> None:
    """Write what this start chose, so that `flask …` elsewhere finds the same service."""
    lines = [FIRST_LINE, *(f"{name}={value}" for name, value in sorted(values.items()))]
    fresh = folder / f"{ENV_FILE}.new"
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    fresh.replace(folder / ENV_FILE)


def _read(folder: Path) -> dict[str, str]:
    try:
        lines = (folder / ENV_FILE).read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in lines if not line.startswith("#"))
    return {name: value for name, _, value in pairs}
