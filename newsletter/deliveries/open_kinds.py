"""What asked for the picture of a mail: a person, her mail provider for her, or a program."""

import re
from enum import StrEnum

from newsletter.config import settings
from newsletter.digests.clicks import Visit
from newsletter.digests.machines import comes_from, says_it_is_a_machine

#: Providers that fetch a picture when a reader opens the mail, so that she is not seen herself.
_PROXIES = re.compile(r"GoogleImageProxy|YahooMailProxy|YahooCacheSystem", re.IGNORECASE)
#: Apple's Mail Privacy Protection fetches each picture of each mail, read or not, as this.
_APPLE = "Mozilla/5.0"


class OpenKind(StrEnum):
    """Who opened: counted as an open is a person's alone."""

    PERSON = "person"
    PROXY = "proxy"  # counted with the machines; a sign of life all the same
    MACHINE = "machine"


def kind_of(visit: Visit) -> OpenKind:
    """Judge a request by what it says of itself."""
    agent = visit.user_agent.strip()
    if visit.method != "GET" or agent == _APPLE:
        return OpenKind.MACHINE
    if comes_from(visit.address, settings.known_scanners):
        return OpenKind.MACHINE
    if _PROXIES.search(agent):
        return OpenKind.PROXY
    if says_it_is_a_machine(user_agent=agent, purpose=visit.purpose):
        return OpenKind.MACHINE
    return OpenKind.PERSON
