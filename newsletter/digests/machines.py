"""Tells clicks of machines from those of people: by what they say they are, and by their pace.

Mail scanners follow every link of a mail within seconds, many under a browser's name. No hidden
link is laid for them: such traps cost the inbox. What is left is an estimate, shown as one.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

#: Names under which programs ask: scanners of mail, previews of links, libraries.
_PROGRAMS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|scan|preview|prefetch|proxy|monitor|headless|curl|wget|python|java/|"
    r"okhttp|go-http|libwww|httpclient|axios|node-fetch|ruby|perl|php|facebookexternalhit|whatsapp|"
    r"slack|telegram|skype|barracuda|mimecast|proofpoint|safelinks|symantec|sophos|trendmicro|"
    r"fortinet|forcepoint|cisco|ironport|zscaler|messagelabs|bitdefender|kaspersky|avast|virustotal",
    re.IGNORECASE,
)

#: One visitor who opens so many links of a digest within so many seconds does not read them.
PACES = ((2, 2.0), (3, 10.0))
#: So many requests in ten seconds, be it for one link, are no presses of a finger.
MOST_REQUESTS, REQUEST_SECONDS = 5, 10.0

#: A visitor with more clicks of one digest within two minutes need not be looked at closely.
MOST_KEPT_APART = 50

#: Nobody has opened a mail so soon after the first of its digest left us.
SOON_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Click:
    """A request for a counted link; `visitor` cannot be told from others a minute later."""

    at: float  # seconds since 1970
    link_id: int
    visitor: str
    is_machine: bool  # already told apart

    def written(self) -> str:
        """Return it as Redis keeps it for a minute or two; `read` reads it back."""
        return f"{self.at:.3f} {self.link_id} {self.visitor} {int(self.is_machine)}"

    @classmethod
    def read(cls, text: str) -> "Click":
        """Read what `written` wrote."""
        at, link_id, visitor, is_machine = text.split(" ")
        return cls(float(at), int(link_id), visitor, is_machine == "1")


def says_it_is_a_machine(*, user_agent: str, purpose: str) -> bool:
    """Judge a request by its headers: a program's name or none, or a page fetched ahead."""
    return not user_agent or bool(_PROGRAMS.search(user_agent)) or "prefetch" in purpose.lower()


def comes_from(address: str, networks: Iterable[str]) -> bool:
    """Say whether a request comes from one of the networks that the operator knows to scan."""
    try:
        here = ip_address(address)
    except ValueError:
        return False
    return any(here in ip_network(network) for network in networks)


def told_apart(
    clicks: Sequence[Click], *, beginnings: Mapping[int, float], settled: int
) -> tuple[Counter[int], Counter[int]]:
    """Return people's and machines' clicks by link.

    Args:
        clicks: in the order in which they came.
        beginnings: when the first mail with a link left us; without one it has not.
        settled: only so many from the start are counted; the others show what came after them.
    """
    people: Counter[int] = Counter()
    machines: Counter[int] = Counter()
    by_visitor: dict[str, list[Click]] = {}
    for click in clicks:
        by_visitor.setdefault(click.visitor, []).append(click)
    for click in clicks[:settled]:
        others = by_visitor[click.visitor]
        is_soon = click.at < beginnings.get(click.link_id, float("inf")) + SOON_SECONDS
        to = machines if is_soon or _has_a_machines_pace(click, others) else people
        to[click.link_id] += 1
    return people, machines


def _has_a_machines_pace(click: Click, same_visitor: Sequence[Click]) -> bool:
    if len(same_visitor) > MOST_KEPT_APART or any(other.is_machine for other in same_visitor):
        return True
    for links, seconds in PACES:
        if len({one.link_id for one in _near(click, same_visitor, seconds)}) >= links:
            return True
    return len(_near(click, same_visitor, REQUEST_SECONDS)) >= MOST_REQUESTS


def _near(click: Click, same_visitor: Sequence[Click], seconds: float) -> list[Click]:
    return [other for other in same_visitor if abs(other.at - click.at) <= seconds]
