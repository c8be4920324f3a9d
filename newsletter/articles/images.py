"""The pictures of an article, and which of them stands for it."""

import dataclasses
import re
from collections.abc import Iterable

from newsletter.articles.captions import split_credit
from newsletter.articles.html_tree import Element, build
from newsletter.articles.picture_addresses import can_lead, same_picture, width_told
from newsletter.articles.shapes import ParsedImage

SMALLEST_LEAD = 200


def images_of(content_html: str) -> tuple[ParsedImage, ...]:
    """Return the images of clean HTML in their order, each once, with caption and credit."""
    found: dict[str, ParsedImage] = {}

    def collect(parent: Element, figure: Element | None) -> None:
        for child in parent.children:
            if not isinstance(child, Element):
                continue
            if child.tag == "img":
                image = _image(child, figure)
                found.setdefault(image.url, image)
            collect(child, child if child.tag == "figure" else figure)

    collect(build(content_html), None)
    return tuple(found.values())


def lead_image(
    offered: Iterable[ParsedImage], images: tuple[ParsedImage, ...]
) -> ParsedImage | None:
    """Choose the picture for the article: one the feed offers, else the first of the text.

    Portraits, emoji and counters never lead; thumbnails only where there is nothing larger.
    """
    able = [each for each in (*offered, *images) if _can_lead(each)]
    large = [each for each in able if _is_large(each)]
    chosen = next(iter(large or able), None)
    return _with_words(chosen, images) if chosen else None


def _can_lead(image: ParsedImage) -> bool:
    return can_lead(image.url, image.width, image.height)


def _is_large(image: ParsedImage) -> bool:
    width = image.width or width_told(image.url)
    return width is None or width >= SMALLEST_LEAD


def _with_words(chosen: ParsedImage, images: tuple[ParsedImage, ...]) -> ParsedImage:
    """Take caption, credit and alt text from the same picture in the text."""
    chosen = _full_size(chosen)
    twin = next((each for each in images if same_picture(each.url, chosen.url)), None)
    if twin is None:
        return chosen
    return dataclasses.replace(
        chosen,
        alt=chosen.alt or twin.alt,
        caption=chosen.caption or twin.caption,
        credit=chosen.credit or twin.credit,
        width=chosen.width or (twin.width if twin.url == chosen.url else None),
        height=chosen.height or (twin.height if twin.url == chosen.url else None),
    )


def _full_size(image: ParsedImage) -> ParsedImage:
    """Ask Blogger's image server for more than the thumbnail its feeds name."""
    url = re.sub(
        r"(?<=[/=])s72-(?:w\d+-h\d+-)?c(?=/|$)",
        "s1600",
        image.url
        if re.search(r"\.bp\.blogspot\.com/|blogger\.googleusercontent\.com/", image.url)
        else "",
    )
    return dataclasses.replace(image, url=url, width=None, height=None) if url else image


def _image(element: Element, figure: Element | None) -> ParsedImage:
    caption, credit = _words(figure) if figure else ("", "")
    return ParsedImage(
        url=element.attrs.get("src", ""),
        alt=element.attrs.get("alt", ""),
        caption=caption,
        credit=credit,
        width=_number(element.attrs.get("width")),
        height=_number(element.attrs.get("height")),
    )


def _words(figure: Element) -> tuple[str, str]:
    """Return caption and credit of a figure; a cite in it is the credit, whatever its words."""
    captions = [each for each in figure.children if isinstance(each, Element)]
    caption = next((each for each in captions if each.tag == "figcaption"), None)
    if caption is None:
        return "", ""
    text = caption.text()
    cites = caption.find("cite")
    credit = cites[-1].text() if cites else ""
    if not credit or not text.rstrip(" ).]").endswith(credit):
        return split_credit(text)
    before = text.rstrip(" ).]").removesuffix(credit).rstrip(" ([")
    _, name = split_credit(credit)
    return before, name or credit


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None
