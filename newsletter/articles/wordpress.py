"""Read the posts of WordPress' REST interface (/wp-json/wp/v2/posts?_embed)."""

from html import unescape
from typing import Any
from urllib.parse import urlsplit

from newsletter.articles.json_values import dicts, number, text
from newsletter.articles.raw import RawArticle, RawFeed
from newsletter.articles.shapes import ParsedImage

COMMENTS_PER_PAGE = 10  # as many as WordPress embeds; there may be more


def is_wordpress(document: Any) -> bool:
    """Tell whether a document is a list of WordPress posts."""
    posts = dicts(document)
    return bool(posts) and all("title" in post and "link" in post for post in posts)


def read_wordpress(posts: list[Any]) -> RawFeed:
    """Return the posts as a feed, whose title is the host since the list has none."""
    raw = RawFeed(kind="json", articles=[_article(post) for post in dicts(posts)])
    first = urlsplit(next((each.link for each in raw.articles if each.link), ""))
    if first.hostname:
        raw.title = first.hostname
        raw.site_url = f"{first.scheme}://{first.netloc}/"
    if any("_embedded" not in post for post in dicts(posts)):
        raw.warnings.append("Add ?_embed to the address to get authors, categories and images.")
    return raw


def _article(post: dict[str, Any]) -> RawArticle:
    link = text(post.get("link"))
    embedded = _dict(post.get("_embedded"))
    return RawArticle(
        guid=unescape(_rendered(post.get("guid"))),
        link=link,
        title=_rendered(post.get("title")),
        authors=[text(each.get("name")) for each in dicts(embedded.get("author"))],
        published=_date(post, "date"),
        modified=_date(post, "modified"),
        categories=_terms(embedded, "category"),
        tags=_terms(embedded, "post_tag"),
        content_html=_rendered(post.get("content")),
        summary_html=_rendered(post.get("excerpt")),
        comment_count=_comment_count(embedded),
        comments_url=f"{link}#comments" if link and post.get("comment_status") == "open" else "",
        images=_images(post, embedded),
    )


def _rendered(value: Any) -> str:
    return text(value.get("rendered")) if isinstance(value, dict) else text(value)


def _date(post: dict[str, Any], name: str) -> str:
    """Prefer the GMT date; the other one is in the site's own zone, which is not told."""
    return text(post.get(f"{name}_gmt")) or text(post.get(name))


def _terms(embedded: dict[str, Any], taxonomy: str) -> list[str]:
    """Return the terms of one taxonomy; those of themes and plugins are their own business."""
    groups = embedded.get("wp:term")
    terms = [term for group in groups for term in dicts(group)] if isinstance(groups, list) else []
    return [text(each.get("name")) for each in terms if each.get("taxonomy") == taxonomy]


def _comment_count(embedded: dict[str, Any]) -> int | None:
    pages = embedded.get("replies")
    if not isinstance(pages, list) or not pages or not isinstance(pages[0], list):
        return None
    return len(pages[0]) if len(pages[0]) < COMMENTS_PER_PAGE else None


def _images(post: dict[str, Any], embedded: dict[str, Any]) -> list[ParsedImage]:
    found = [_featured(each) for each in dicts(embedded.get("wp:featuredmedia"))]
    found.append(ParsedImage(url=text(post.get("jetpack_featured_media_url"))))
    for each in dicts(_dict(post.get("yoast_head_json")).get("og_image")):
        found.append(
            ParsedImage(
                url=text(each.get("url")),
                width=number(each.get("width")),
                height=number(each.get("height")),
            )
        )
    return [each for each in found if each.url]


def _featured(media: dict[str, Any]) -> ParsedImage:
    details = _dict(media.get("media_details"))
    return ParsedImage(
        url=text(media.get("source_url")),
        alt=text(media.get("alt_text")),
        caption=_rendered(media.get("caption")),
        width=number(details.get("width")),
        height=number(details.get("height")),
    )


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
