"""Read the picture that an article's own page shows to social networks."""

import re
from html import unescape

from newsletter.articles.fetch import fetch
from newsletter.articles.shapes import ParsedImage
from newsletter.articles.web_addresses import absolute
from newsletter.config import settings

LARGEST_PAGE = 5 * 1024 * 1024
#: The head of a page, in which these tags stand.
_HEAD = 500_000

_META = re.compile(r"<meta\b([^<>]{1,4000})>", re.IGNORECASE)
# Names begin where a word does, or a page of letters alone would take a quarter of a minute.
_ATTRIBUTE = re.compile(
    r"""(?<![a-zA-Z:-])([a-zA-Z:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"""
)
#: The Open Graph protocol's names first (https://ogp.me), then those of cards.
_PICTURES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image")
_ALTS = ("og:image:alt", "twitter:image:alt")


def fetch_page_image(link: str, *, seconds: float) -> ParsedImage | None:
    """Fetch an article's page and return the picture it names; None: it names none.

    Raises:
        FetchError: one sentence for staff.
    """
    fetched = fetch(
        link,
        allow=settings.fetch_allowed,
        base_url=settings.base_url,
        max_bytes=LARGEST_PAGE,
        max_seconds=seconds,
        accept="text/html, application/xhtml+xml;q=0.9, */*;q=0.1",
        what="page",
    )
    head = fetched.content[:_HEAD].decode("utf-8", "replace")
    return page_image(head, url=fetched.url)


def page_image(text: str, *, url: str) -> ParsedImage | None:
    """Return the picture that the tags in a page's head name."""
    named = _tags(text)
    address = next((named[name] for name in _PICTURES if named.get(name)), "")
    found = absolute(address, url)
    if not found.startswith(("http://", "https://")):
        return None
    alt = next((named[name] for name in _ALTS if named.get(name)), "")
    is_garbled = "\ufffd" in alt  # a page in another encoding; its addresses are ASCII all the same
    return ParsedImage(url=found, alt="" if is_garbled else " ".join(alt.split())[:1000])


def _tags(head: str) -> dict[str, str]:
    """Return what the meta tags say, the first of each name."""
    found: dict[str, str] = {}
    for meta in _META.finditer(head):
        attributes = {
            name.lower(): unescape(double or single or bare)
            for name, double, single, bare in _ATTRIBUTE.findall(meta[1])
        }
        name = (attributes.get("property") or attributes.get("name") or "").strip().lower()
        found.setdefault(name, attributes.get("content", "").strip())
    return found
