"""Suspicion: how much a signup looks like a program's, in points; enough of them ask for a check.

Only what the request itself shows counts. What we know of the address – whether it is subscribed,
how often it was entered – does not, or the gate would tell strangers who reads what.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

#: From so many points on a signup is checked.
THRESHOLD = 100
#: Nobody reads the form and types an address in less time.
FASTEST = timedelta(seconds=2)
#: Signups of one network, /24 or /64, within the hour, above which it looks busy …
BUSY_NETWORK = 2
#: … and of the /16 or /48 around it.
BUSY_REGION = 30
#: Signups of all the world within a minute that are more than a good day's.
RUSH = 300

# Names that people give themselves have vowels and few digits, and no four dots.
_ODD_NAME = re.compile(r"\d{7,}|[bcdfghjklmnpqrstvwxz]{8,}|(?:\d+[a-z]+){4,}|(?:[^.]*\.){4,}")


#: What each sign is worth.
TRAP = 100  # a field was filled in that people do not see
FORGED_STAMP = 60
TOO_FAST = 60
NETWORK = 40
REGION = 100
WORLD = 100
DISPOSABLE = 40
NAME = 30


@dataclass(frozen=True, slots=True)
class Signs:
    """What a request shows."""

    email: str
    trapped: bool = False
    #: The form carried a stamp: how long ago it was shown, None if the stamp is not ours. A plain
    #: form on another site carries none, and nothing follows from that.
    stamped: bool = False
    shown_for: timedelta | None = None
    from_network: int = 0  # signups within the hour
    from_region: int = 0
    within_minute: int = 0  # of everybody
    disposable: bool = False


def suspicion(signs: Signs) -> int:
    """Return the points of a signup."""
    local_part = signs.email.strip().casefold().rpartition("@")[0]
    forged = signs.stamped and signs.shown_for is None
    fast = signs.shown_for is not None and signs.shown_for < FASTEST
    found = (
        (TRAP, signs.trapped),
        (FORGED_STAMP, forged),
        (TOO_FAST, fast),
        (NETWORK, signs.from_network >= BUSY_NETWORK),
        (REGION, signs.from_region >= BUSY_REGION),
        (WORLD, signs.within_minute >= RUSH),
        (DISPOSABLE, signs.disposable),
        (NAME, bool(_ODD_NAME.search(local_part))),
    )
    return sum(points for points, there in found if there)
