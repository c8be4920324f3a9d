"""Find the real address of each image in an article, and drop those that are none."""

import re
from collections.abc import Iterator

from newsletter.articles.html_tree import Element
from newsletter.articles.picture_addresses import is_emoji, is_pixel
from newsletter.articles.web_addresses import absolute

WIDEST_USEFUL = 1600

_PLACEHOLDER = re.compile(
    r"^data:|(^|/)(blank|placeholder|spacer|transparent|lazy[-_]?load\w*|grey|loading|pixel|1x1)"
    r"[\w.-]*\.(gif|png|svg|jpe?g)(\?|$)",
    re.IGNORECASE,
)
_LAZY_SOURCES = ("data-lazy-src", "data-src", "data-original", "data-orig-file", "data-large-file")
_LAZY_SETS = ("data-lazy-srcset", "data-srcset", "srcset")
_SIZE = re.compile(r"\s*(\d{1,5})(\.\d+)?\s*(px)?\s*", re.IGNORECASE)


def mend_images(tree: Element, base_url: str) -> None:
    """Resolve lazy loading, replace emoji by their character, drop pixels and dead images."""
    _unfold_fallbacks(tree)

    def change(element: Element) -> list[Element | str] | None:
        if element.tag in ("picture", "source"):
            return element.children
        if element.tag != "img":
            return None
        return _mended(element, base_url)

    tree.replace(change)


def _unfold_fallbacks(tree: Element) -> None:
    """Keep what stands in noscript only where no image before it says the same."""
    for parent in [tree, *tree.walk()]:
        children: list[Element | str] = []
        for child in parent.children:
            if isinstance(child, str) or child.tag != "noscript":
                children.append(child)
                continue
            before = next((each for each in reversed(children) if isinstance(each, Element)), None)
            if before is None or not (before.tag == "img" or before.find("img")):
                children.extend(child.children)
            elif not _is_loaded(before):
                children[children.index(before)] = Element("span", {}, child.children)
        parent.children = children


def _is_loaded(element: Element) -> bool:
    """Tell whether an image, or the first one within, has an address of its own."""
    image = element if element.tag == "img" else element.find("img")[0]
    return any(not _PLACEHOLDER.search(each) for each in _sources(image, sets=()))


def _mended(image: Element, base_url: str) -> list[Element | str] | None:
    alt = " ".join(image.attrs.get("alt", "").split())
    sources = list(_sources(image, sets=_LAZY_SETS))
    source = next((each for each in sources if not _PLACEHOLDER.search(each)), "")
    address = absolute(source, base_url)
    width, height = _size(image, "width"), _size(image, "height")
    if is_emoji(address, image.classes):
        return [alt]
    if not address.startswith(("http:", "https:")) or is_pixel(address, width, height):
        return []
    image.attrs = {name: image.attrs[name] for name in ("lang", "dir") if image.attrs.get(name)} | {
        "src": address,
        "alt": "" if alt.lower() in ("null", "undefined") else alt,
    }
    if width:
        image.attrs["width"] = str(width)
    if height:
        image.attrs["height"] = str(height)
    return None


def _sources(image: Element, *, sets: tuple[str, ...]) -> Iterator[str]:
    """Yield the addresses an image could have, best first."""
    own = image.attrs.get("src", "").strip()
    if own and not _PLACEHOLDER.search(own):
        yield own
    for name in _LAZY_SOURCES:
        if image.attrs.get(name, "").strip():
            yield image.attrs[name].strip()
    for name in sets:
        best = _best_of_set(image.attrs.get(name, ""))
        if best:
            yield best


def _best_of_set(srcset: str) -> str:
    """Choose from "a.jpg 300w, b.jpg 2x" the largest that is not wider than useful."""
    best, best_width = "", 0
    for candidate in re.split(r",\s+|\s*,(?=https?:)", srcset.strip().strip(",")):
        address, _, size = candidate.strip().partition(" ")
        number = re.match(r"\d+", size.strip())
        width = int(number[0][:6]) if number else 1
        better = best_width < width <= WIDEST_USEFUL or width < best_width > WIDEST_USEFUL
        if address and (not best or better):
            best, best_width = address, width
    return best


def _size(image: Element, name: str) -> int | None:
    found = _SIZE.fullmatch(image.attrs.get(name, ""))
    return int(found[1]) if found else None
