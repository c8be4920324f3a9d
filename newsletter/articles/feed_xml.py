"""Read RSS 0.9-2.0, RSS 1.0 and Atom."""

import io
import re
from typing import Any

import feedparser

from newsletter.articles.media_rss import is_picture, keep_captions
from newsletter.articles.mend_xml import Mended, mend_xml
from newsletter.articles.raw import RawArticle, RawFeed
from newsletter.articles.shapes import FeedKind, ParsedImage
from newsletter.articles.unreadable import UnreadableFeed
from newsletter.articles.web_addresses import absolute

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
_MARKUP = re.compile(r"</[a-zA-Z]+>|<(br|img|p|hr)\b[^<>]*>", re.IGNORECASE)

keep_captions()

# feedparser's dictionaries hold whatever a feed holds, so their type says nothing.
Entry = Any


def read_xml(text: str, *, url: str = "") -> RawFeed:
    """Return the feed in the text; raises UnreadableFeed where there is none."""
    mended = mend_xml(text)
    parsed = _parse(mended)
    if not parsed.get("version") and not parsed.entries:
        raise UnreadableFeed("The document is damaged beyond reading as a feed.")
    feed = parsed.feed
    raw = RawFeed(
        kind=_kind(parsed.get("version") or mended.root),
        title=feed.get("title", ""),
        site_url=absolute(_alternate(feed) or feed.get("link", ""), url),
        language=feed.get("language") or "",
        hub_url=next((_href(each) for each in _links(feed, "hub") if _href(each)), None),
        self_url=next((_href(each) for each in _links(feed, "self") if _href(each)), ""),
        next_url=next((_href(each) for each in _links(feed, "next") if _href(each)), ""),
        ttl_minutes=str(feed.get("ttl") or ""),
        generator=str(feed.get("generator") or ""),
        warnings=mended.warnings,
    )
    raw.articles = [_article(entry, raw) for entry in parsed.entries]
    if parsed.get("bozo"):
        raw.warnings.append("The feed is not well-formed XML; it was read as far as possible.")
    if len(raw.articles) < mended.entries:
        missing = mended.entries - len(raw.articles)
        raw.warnings.append(f"{missing} articles of the feed could not be read.")
    return raw


def _parse(mended: Mended) -> Any:
    # A file object, because feedparser opens bytes that happen to be a path on this machine.
    document = io.BytesIO((_DECLARATION + mended.text).encode("utf-8", "replace"))
    try:
        return feedparser.parse(
            document,
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:
        raise UnreadableFeed("The document is damaged beyond reading as a feed.") from error


def _kind(version: str) -> FeedKind:
    return "atom" if version.lower().startswith(("atom", "feed")) else "rss"


def _article(entry: Entry, feed: RawFeed) -> RawArticle:
    content, base, language = _content(entry)
    link = entry.get("feedburner_origlink") or _alternate(entry) or entry.get("link", "")
    summary = entry.get("summary", "")
    return RawArticle(
        guid=str(entry.get("id") or "").strip(),
        link=link.strip(),
        title=_title(entry),
        authors=_authors(entry),
        published=entry.get("published") or entry.get("created") or "",
        modified=entry.get("updated") if "updated" in entry else "",
        categories=[_category(tag) for tag in entry.get("tags", [])],
        content_html=content,
        summary_html="" if summary == content else _marked_up(summary, entry.get("summary_detail")),
        base_url=base or (entry.get("summary_detail") or {}).get("base") or "",
        language=language,
        comment_count=entry.get("slash_comments") or entry.get("thr_total"),
        comments_url=entry.get("comments") or _comments_link(entry),
        images=_images(entry),
    )


def _title(entry: Entry) -> str:
    title: str = entry.get("title", "")
    return title


def _content(entry: Entry) -> tuple[str, str, str]:
    """Return the longest content with its base address and language."""
    contents = [each for each in entry.get("content", []) if each.get("value")]
    texts = [each for each in contents if not _is_medium(each.get("type", ""))]
    if not texts:
        return "", "", (entry.get("title_detail") or {}).get("language") or ""
    best = max(texts, key=lambda each: len(each["value"]))
    return _marked_up(best["value"], best), best.get("base") or "", best.get("language") or ""


def _is_medium(kind: str) -> bool:
    return kind.startswith(("image/", "audio/", "video/", "application/octet"))


def _marked_up(value: str, detail: Any) -> str:
    """Return HTML also where plain text is announced; feeds often announce wrongly."""
    plain = (detail or {}).get("type") == "text/plain"
    return value.replace("<", "&lt;") if plain and not _MARKUP.search(value) else value


def _alternate(element: Entry) -> str:
    links = _links(element, "alternate")
    pages = [each for each in links if "html" in (each.get("type") or "html")]
    return next((_href(each) for each in [*pages, *links] if _href(each)), "")


def _links(element: Entry, rel: str) -> list[Any]:
    return [each for each in element.get("links", []) if each.get("rel") == rel]


def _href(link: Any) -> str:
    return str(link.get("href") or link.get("url") or "")


def _authors(entry: Entry) -> list[str]:
    people = [*entry.get("authors", []), entry.get("author_detail") or {}]
    names = [str(each.get("name") or "") for each in people]
    return names if any(names) else [entry.get("author", "")]


def _category(tag: Any) -> str:
    if (tag.get("scheme") or "").endswith("#kind"):  # Blogger's "this is a post"
        return ""
    return str(tag.get("label") or tag.get("term") or "")


def _comments_link(entry: Entry) -> str:
    pages = [each for each in _links(entry, "replies") if "html" in (each.get("type") or "")]
    return next((_href(each) for each in pages), "")


def _images(entry: Entry) -> list[ParsedImage]:
    """Collect what the feed offers beside the text, in order of trust."""
    media = entry.get("media_content", [])
    credit = next((str(each.get("content") or "") for each in entry.get("media_credit", [])), "")
    of_all = "" if any(each.get("credit") for each in media) else credit
    found = [_image(each, of_all) for each in media if is_picture(each)]
    found += [_image(each, "") for each in _links(entry, "enclosure") if is_picture(each)]
    found += [_image(each, credit) for each in entry.get("media_thumbnail", [])]
    cover = entry.get("image")
    if isinstance(cover, dict):
        found.append(_image(cover, ""))
    return [each for each in found if each.url]


def _image(medium: Any, credit: str) -> ParsedImage:
    return ParsedImage(
        url=_href(medium).strip(),
        caption=str(medium.get("caption") or "").strip(),
        credit=str(medium.get("credit") or credit).strip(),
        width=_pixels(medium.get("width")),
        height=_pixels(medium.get("height")),
    )


def _pixels(value: Any) -> int | None:
    found = re.match(r"\d{1,5}", str(value or ""))
    return int(found[0]) if found else None
