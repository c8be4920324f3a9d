"""Markdown into HTML: CommonMark with tables, and pictures that carry caption and credit."""

from collections.abc import Iterable

from markdown_it import MarkdownIt

from newsletter.articles.html_tree import Element, build, write
from newsletter.articles.written import PlacedPicture

#: HTML that is typed stays visible as such: what it would look like, nobody could foresee.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def html_of(body: str, pictures: Iterable[PlacedPicture]) -> str:
    """Return the HTML of a text; pictures get the addresses that articles know them by.

    A picture that stands alone in its paragraph becomes a figure. The result is still to be
    cleaned.
    """
    own = {one.address: one for one in pictures}
    tree = build(_MARKDOWN.render(body))

    def change(element: Element) -> list[Element | str] | None:
        if element.tag == "p" and _holds_only_pictures(element):
            return [
                _figure(each, own.get(each.attrs.get("src", ""))) for each in element.find("img")
            ]
        if element.tag == "img" and (one := own.get(element.attrs.get("src", ""))):
            element.attrs.setdefault("alt", "")
            element.attrs["alt"] = element.attrs["alt"] or one.alt
        return None

    tree.replace(change)
    for image in tree.find("img"):
        if one := own.get(image.attrs.get("src", "")):
            image.attrs["src"] = one.picture.source_url
    return write(tree)


def _holds_only_pictures(paragraph: Element) -> bool:
    kinds = {each.tag for each in paragraph.walk()}
    return "img" in kinds and kinds <= {"img", "br"} and not paragraph.text()


def _figure(image: Element, one: PlacedPicture | None) -> Element:
    if one is None or not (one.caption or one.credit):
        return Element("p", {}, [image]) if one is None else Element("figure", {}, [image])
    words: list[Element | str] = [one.caption] if one.caption else []
    if one.credit:
        cite = Element("cite", {}, [one.credit])
        words += [" (", cite, ")"] if words else [cite]
    return Element("figure", {}, [image, Element("figcaption", {}, words)])
