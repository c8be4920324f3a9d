"""Keep what is the same for everybody for two seconds, so that a rush of readers costs little."""

import time
from collections.abc import Callable, Hashable

SECONDS = 2.0


class ShortMemory:
    """Remembers one text per key, within this process."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, str]] = {}

    def recall(self, key: Hashable, make: Callable[[], str]) -> str:
        """Return the text kept under `key`, made anew when it is older than `SECONDS`."""
        until, text = self._kept.get(key, (0.0, ""))
        if time.monotonic() >= until:
            text = make()
            self._kept[key] = (time.monotonic() + SECONDS, text)
        return text
