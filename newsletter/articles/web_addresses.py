"""Make addresses inside an article absolute."""

import re
from urllib.parse import quote, urljoin, urlsplit

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_UNSAFE = re.compile(r"[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e-\U0010ffff]")


def absolute(address: str, base_url: str) -> str:
    """Return the address as a whole one, or an empty text where that is impossible."""
    address = re.sub(r"[\t\r\n]", "", address).strip()
    if not address:
        return ""
    try:
        joined = urljoin(base_url, address) if base_url else address
        parts = urlsplit(joined)
        _ = parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() in ("http", "https") and not parts.hostname:
        return ""
    if not _SCHEME.match(joined):
        return ""
    return _UNSAFE.sub(lambda found: quote(found[0]), joined)


def page_of_player(address: str) -> str:
    """Return the page that shows what an embedded player would play."""
    video = re.match(
        r"https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]{6,20})(?:[?&#]|$)", address
    )
    if video and video[1] != "videoseries":
        return f"https://www.youtube.com/watch?v={video[1]}"
    film = re.match(r"https?://player\.vimeo\.com/video/(\d+)", address)
    return f"https://vimeo.com/{film[1]}" if film else address


def host_of(address: str) -> str:
    """Return the host of an address without a leading "www."."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
