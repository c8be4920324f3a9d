"""Read JSON Feed 1 and 1.1."""

import html
from typing import Any

from newsletter.articles.json_values import dicts, number, text
from newsletter.articles.raw import RawArticle, RawFeed
from newsletter.articles.shapes import ParsedImage


def read_json_feed(document: dict[str, Any]) -> RawFeed:
    """Return the feed; values of a wrong type count as missing."""
    feed_authors = _authors(document)
    hubs = [text(hub.get("url")) for hub in dicts(document.get("hubs"))]
    return RawFeed(
        kind="json",
        title=text(document.get("title")),
        site_url=text(document.get("home_page_url")),
        language=text(document.get("language")),
        hub_url=next((hub for hub in hubs if hub), None),
        self_url=text(document.get("feed_url")),
        next_url=text(document.get("next_url")),
        articles=[_article(item, feed_authors) for item in dicts(document.get("items"))],
    )


def _article(item: dict[str, Any], feed_authors: list[str]) -> RawArticle:
    link = text(item.get("url")) or text(item.get("external_url"))
    content = text(item.get("content_html"))
    if not content:
        content = html.escape(text(item.get("content_text")), quote=False)
    return RawArticle(
        guid=text(item.get("id")),
        link=link,
        title=text(item.get("title")),
        authors=_authors(item) or feed_authors,
        published=text(item.get("date_published")),
        modified=text(item.get("date_modified")),
        categories=[text(tag) for tag in _list(item.get("tags"))],
        content_html=content,
        summary_html=html.escape(text(item.get("summary")), quote=False),
        language=text(item.get("language")),
        images=_images(item),
    )


def _authors(element: dict[str, Any]) -> list[str]:
    people = dicts(element.get("authors")) or dicts([element.get("author")])
    return [name for each in people if (name := text(each.get("name")))]


def _images(item: dict[str, Any]) -> list[ParsedImage]:
    urls = [text(item.get(name)) for name in ("image", "banner_image")]
    found = [ParsedImage(url=url) for url in urls if url]
    for each in dicts(item.get("attachments")):
        if text(each.get("mime_type")).startswith("image/") and text(each.get("url")):
            found.append(
                ParsedImage(
                    url=text(each.get("url")),
                    width=number(each.get("width")),
                    height=number(each.get("height")),
                )
            )
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
