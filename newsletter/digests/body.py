"""The text of an article as the HTML of a mail."""

from newsletter.articles.html_tree import Element, build, write
from newsletter.articles.picture_addresses import same_picture, width_told

#: Widest picture in pixels: a mail of 600 less 16 at either side.
COLUMN = 568
_WEB = ("http://", "https://")
_LOWEST_HEADING = 6


def body_html(content_html: str, *, shown_above: str = "") -> str:
    """Return an article's body for a mail.

    Headings step down by one, for in a mail the article's title is an h2; pictures fit the
    column; figures become paragraphs, which every mail program knows. The picture
    `shown_above` is left out together with its caption.
    """
    tree = build(content_html)
    if shown_above:
        _leave_out(tree, shown_above)
    for element in list(tree.walk()):
        _shape(element)
    tree.replace(_without_broken_addresses)
    return write(tree)


def picture_size(width: int | None, height: int | None, widest: int) -> tuple[int, int | None]:
    """Return the size in pixels a picture is shown at, its ratio kept; height None if unknown."""
    if not width or width < 1:
        return widest, None
    shown = min(width, widest)
    return shown, max(round(shown * height / width), 1) if height and height > 0 else None


def _leave_out(tree: Element, address: str) -> None:
    def change(element: Element) -> list[Element | str] | None:
        if element.tag == "img" and same_picture(element.attrs.get("src", ""), address):
            return []
        # The picture itself went a step before: what is left of its figure is the caption.
        return [] if element.tag == "figure" and _is_caption_only(element) else None

    tree.replace(change)
    tree.replace(_without_empty_blocks)


def _is_caption_only(figure: Element) -> bool:
    rest = [child for child in figure.children if not _is_caption(child)]
    body = Element("", {}, rest)
    return not body.find("img") and not body.text()


def _is_caption(node: Element | str) -> bool:
    return isinstance(node, Element) and node.tag == "figcaption"


def _without_empty_blocks(element: Element) -> list[Element | str] | None:
    empty = not element.find("img", "br", "hr") and not element.text()
    return [] if element.tag in ("p", "a", "figure") and empty else None


def _shape(element: Element) -> None:
    tag = element.tag
    if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
        element.tag = f"h{min(int(tag[1]) + 1, _LOWEST_HEADING)}"
    elif tag == "figure":
        # A figure may hold a quotation or a table, which a paragraph cannot.
        element.tag = "div"
        element.attrs = {**_language(element), "class": "pic"}
    elif tag == "figcaption":
        element.tag = "div"
        element.attrs = {**_language(element), "class": "cap"}
    elif tag == "img":
        element.attrs = _picture(element.attrs)


def _language(element: Element) -> dict[str, str]:
    return {name: element.attrs[name] for name in ("dir", "lang") if name in element.attrs}


def _picture(attrs: dict[str, str]) -> dict[str, str]:
    address = attrs.get("src", "")
    width, height = picture_size(
        _pixels(attrs.get("width", "")) or width_told(address),
        _pixels(attrs.get("height", "")),
        COLUMN,
    )
    shaped = {
        "src": address,
        "alt": attrs.get("alt", ""),
        "width": str(width),
        "style": f"max-width:{width}px",
    }
    return shaped | ({"height": str(height)} if height else {})


def _pixels(length: str) -> int | None:
    digits = length.strip().removesuffix("px")
    return int(digits) if digits.isascii() and digits.isdigit() else None


def _without_broken_addresses(element: Element) -> list[Element | str] | None:
    if element.tag == "img" and not element.attrs["src"].startswith(_WEB):
        return []
    if element.tag == "a" and not element.attrs.get("href", "").startswith((*_WEB, "mailto:")):
        return element.children
    return None
