"""Where a feed announces a hub (WebSub, W3C Recommendation of 23 January 2018, §4)."""

import re

from newsletter.articles.read_feed import FoundFeed
from newsletter.articles.web_addresses import absolute

_LINK = re.compile(
    r"<([^<>]{1,2000})>((?:\s*;\s*[\w*-]+\s*=\s*(?:\"[^\"]{0,500}\"|[^\s,;\"]{1,500}))*)"
)
_REL = re.compile(r"rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)
_LONGEST = 2000


def hub_of(found: FoundFeed) -> str:
    """Return the hub that the answer's Link header names, else the document; or an empty text."""
    return _usable(link_named(found, "hub") or found.parsed.hub_url or "", found)


def topic_of(found: FoundFeed) -> str:
    """Return the address that the hub knows the feed by: its own, unless it names another."""
    return _usable(link_named(found, "self") or found.parsed.self_url, found) or found.url


def link_named(found: FoundFeed, rel: str) -> str:
    """Return the first target of a relation in the Link headers (RFC 8288)."""
    for target, parameters in _LINK.findall(found.fetched.links):
        names = _REL.search(parameters)
        if names and rel in (names[1] or names[2]).lower().split():
            return str(target)
    return ""


def _usable(address: str, found: FoundFeed) -> str:
    address = absolute(address, found.fetched.url)
    is_web = address.startswith(("http://", "https://"))
    return address if is_web and len(address) <= _LONGEST else ""
