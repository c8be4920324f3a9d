"""Find the feeds that a web page names."""

import re
from html import unescape

from newsletter.articles.web_addresses import absolute

_LINK = re.compile(r"<link\b([^<>]{1,2000})>", re.IGNORECASE)
# Names begin where a word does, or a page of letters alone would take many seconds.
_ATTRIBUTE = re.compile(r"""(?<![a-zA-Z-])([a-zA-Z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/json",
)
_PAGE = re.compile(r"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)


def is_web_page(text: str) -> bool:
    """Tell whether the beginning of a document is that of a web page."""
    return bool(_PAGE.search(text, 0, 4000))


def feeds_named(text: str, *, url: str = "") -> tuple[str, ...]:
    """Return the addresses of the feeds a page links to in its head, main feeds first."""
    found: dict[str, None] = {}
    for link in _LINK.finditer(text, 0, 500_000):
        attributes = {
            name.lower(): unescape(double or single or bare)
            for name, double, single, bare in _ATTRIBUTE.findall(link[1])
        }
        is_feed = attributes.get("type", "").split(";")[0].strip().lower() in _FEED_TYPES
        if is_feed and "alternate" in attributes.get("rel", "").lower().split():
            address = absolute(attributes.get("href", ""), url)
            if address and "/wp-json/" not in address and "oembed" not in address:
                found.setdefault(address)
    # WordPress names the comments of a site as a feed beside its articles.
    return tuple(sorted(found, key=lambda address: "/comments/" in address))[:10]
