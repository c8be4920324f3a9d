"""Tell when two web addresses are one: spelling of scheme, host, slash and tracking aside."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_TRACKING = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid")


def bare_link(link: str) -> str:
    """Return `link` without what may change while the page stays the same.

    A site that moves to https, drops "www." or a slash changes every link and, where links are
    GUIDs, every GUID; readers must not get its articles a second time.
    """
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return link.strip()
    if parts.scheme not in ("http", "https"):
        return link.strip()
    host = parts.netloc.lower().removeprefix("www.")
    return urlunsplit(("", host, parts.path.rstrip("/"), _untracked(parts.query), ""))


def spellings(link: str) -> set[str]:
    """Return the ways in which the page of `link` may be stored."""
    bare = bare_link(link)
    if not bare.startswith("//"):
        return {link, bare}
    host_and_path, mark, query = bare.removeprefix("//").partition("?")
    found = {link, link.strip()}
    for front in ("https://", "http://", "https://www.", "http://www."):
        for slash in ("", "/"):
            found.add(f"{front}{host_and_path}{slash}{mark}{query}")
    return found


def _untracked(query: str) -> str:
    if not any(name in query for name in _TRACKING):
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([pair for pair in pairs if not pair[0].startswith(_TRACKING)])
