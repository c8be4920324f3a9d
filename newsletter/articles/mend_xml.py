"""Mend the XML that feeds really contain, so that a strict parser can read it."""

import html
import html.entities
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from newsletter.articles.unreadable import UnreadableFeed

MOST_ENTRIES = 1000
LONGEST_OWN_ENTITY = 8
LONGEST_TAG = 20_000
DEEPEST = 500

_ROOT = re.compile(r"<((?:[A-Za-z_][\w.-]*:)?(?:rss|feed|RDF))(?=[\s>/])", re.IGNORECASE)
_ENTRY = re.compile(r"<(?:\w+:)?(item|entry)(?=[\s>/])", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z_][^<>\s/]*)[^<>]*>")
_LONG_TAG = re.compile(rf"<[^<>]{{{LONGEST_TAG}}}")
_SPECIAL = re.compile(r"<!\[CDATA\[|<!--")
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_REFERENCE = re.compile(
    r"&(?:#(\d{1,7});|#[xX]([0-9A-Fa-f]{1,6});|([A-Za-z][\w.-]{0,63});)?|<(?![A-Za-z/!?_])"
)
_ENTITY = re.compile(
    r"""<!ENTITY\s+(%\s+)?([\w:.-]+)\s+(?:(SYSTEM|PUBLIC)\b|"([^"]*)"|'([^']*)')""", re.IGNORECASE
)
_OWN = {"amp", "lt", "gt", "quot", "apos"}


_HOPELESS = "The document is damaged beyond reading as a feed."


@dataclass(slots=True)
class Mended:
    """Well-formed text as far as mending goes; `entries` counts those it contains."""

    text: str
    root: str
    entries: int = 0
    depth: int = 0
    warnings: list[str] = field(default_factory=list)


def find_root(text: str) -> re.Match[str] | None:
    """Find the tag that makes the document a feed."""
    return _ROOT.search(text, 0, 200_000)


def mend_xml(text: str) -> Mended:
    """Return the feed from its root on, without document type and control characters.

    Raises UnreadableFeed for entity declarations that could expand or reach outside.
    """
    root = find_root(text)
    if root is None:
        raise UnreadableFeed("The document is not a feed: it is neither RSS nor Atom nor JSON.")
    own_entities = _own_entities(text[: root.start()])
    mended = Mended(text="", root=root[1])
    body = _whole_entries(_ILLEGAL.sub("", text[root.start() :]), mended)
    mended.text = "".join(_mend(body, own_entities, mended))
    if len(mended.text) > 2 * len(body) + 100_000:
        raise UnreadableFeed(_HOPELESS)
    return mended


def _own_entities(head: str) -> dict[str, str]:
    """Read harmless entity declarations and refuse the others, without ever expanding one."""
    names: dict[str, str] = {}
    for found in _ENTITY.finditer(head):
        parameter, name, external = found[1], found[2], found[3]
        value = found[4] or found[5] or ""
        if parameter and (external or "").upper() == "PUBLIC":
            continue  # the W3C's sets of HTML entities, which are known here anyway
        nested = re.search(r"&(?!#)|%", value)
        if parameter or external or nested or len(value) > LONGEST_OWN_ENTITY:
            raise UnreadableFeed("The feed declares its own XML entities, which is not allowed.")
        names.setdefault(name, html.unescape(value))
    return names


def _whole_entries(text: str, mended: Mended) -> str:
    """Cut a document that breaks off, after its last complete entry."""
    end = text.lower().rfind(f"</{mended.root.lower()}")
    if end >= 0:
        return f"{text[:end]}</{mended.root}>"
    last = max((text.rfind(f"</{name}>") + len(name) + 3 for name in ("item", "entry")), default=0)
    if last < 10:
        return text
    mended.warnings.append("The feed breaks off; articles after the break were left out.")
    return text[:last] + _closing(mended.root)


def _closing(root: str) -> str:
    return f"</channel></{root}>" if root.lower() == "rss" else f"</{root}>"


def _mend(text: str, own_entities: dict[str, str], mended: Mended) -> Iterator[str]:
    for kind, piece in _pieces(text):
        if kind == "text":
            _refuse_monsters(piece, mended)
            end = _cut(piece, mended)
            yield _REFERENCE.sub(lambda found: _reference(found, own_entities), piece[:end])
            if end < len(piece):
                mended.warnings.append(
                    f"The feed has more than {MOST_ENTRIES} articles; only the first were read."
                )
                yield _closing(mended.root)
                return
        elif kind == "cdata":
            yield piece


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Split into text, CDATA sections and comments, in one pass over the document."""
    position = 0
    for found in _SPECIAL.finditer(text):
        if found.start() < position:
            continue
        comment = found[0] == "<!--"
        end = text.find("-->" if comment else "]]>", found.end())
        if end < 0:
            break
        yield "text", text[position : found.start()]
        yield ("comment" if comment else "cdata"), text[found.start() : end + 3]
        position = end + 3
    yield "text", text[position:]


def _cut(piece: str, mended: Mended) -> int:
    """Count the entries; return where one too many begins, or the length."""
    for found in _ENTRY.finditer(piece):
        if mended.entries == MOST_ENTRIES:
            return found.start()
        mended.entries += 1
    return len(piece)


def _refuse_monsters(piece: str, mended: Mended) -> None:
    """Refuse what no feed contains and what XML parsers choke on: huge tags, endless nesting."""
    if _LONG_TAG.search(piece):
        raise UnreadableFeed(_HOPELESS)
    for found in _TAG.finditer(piece):
        name = found[2].lower()
        if name in ("item", "entry"):
            mended.depth = 2
        elif found[1]:
            mended.depth -= 1
        elif not found[0].endswith("/>") and name not in ("br", "hr", "img"):
            mended.depth += 1
        if mended.depth > DEEPEST:
            raise UnreadableFeed(_HOPELESS)


def _reference(found: re.Match[str], own_entities: dict[str, str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if found[0] == "<":
        return "&lt;"
    if decimal or hexadecimal:
        return _character(int(decimal) if decimal else int(hexadecimal, 16))
    if name in _OWN:
        return found[0]
    if name and name in own_entities:
        return html.escape(own_entities[name])
    known = html.entities.html5.get(f"{name};") if name else None
    return html.escape(known) if known else f"&amp;{found[0][1:]}"


def _character(code: int) -> str:
    """Write a numeric reference as XML may have it; 128-159 mean Windows characters."""
    letter = html.unescape(f"&#{code};")
    if not letter or _ILLEGAL.match(letter) or letter == "\ufffd":
        return ""
    return "".join(f"&#{ord(each)};" for each in letter)
