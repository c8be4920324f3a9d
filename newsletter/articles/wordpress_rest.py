"""Ask a WordPress site for its own record of posts, which knows more than its feed.

https://developer.wordpress.org/rest-api/reference/posts/ - open on most sites, closed by some,
broken on others; a feed never depends on it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

from newsletter.articles.fetch import fetch
from newsletter.articles.fetch_errors import FetchError, Temporary
from newsletter.articles.links import bare_link
from newsletter.articles.parse import parse
from newsletter.articles.read_feed import FoundFeed
from newsletter.articles.shapes import ParsedArticle, ParsedImage, RestAnswer
from newsletter.articles.unreadable import UnreadableFeed
from newsletter.articles.web_addresses import absolute
from newsletter.config import settings

SECONDS = 10.0
MOST_OCTETS = 10 * 1024 * 1024
#: The most that WordPress gives at once.
MOST_POSTS = 100

#: WordPress announces its interface in every answer (Link: <…/wp-json/>; rel="https://api.w.org/").
_ANNOUNCED = re.compile(r"""<([^<>]{1,2000})>\s*;\s*rel="?https://api\.w\.org/"?""")


def rest_url_of(found: FoundFeed) -> str:
    """Return where the site of a feed answers, if it is WordPress; else an empty text."""
    if found.parsed.kind == "json":
        return ""
    announced = _ANNOUNCED.search(found.fetched.links)
    if announced:
        return absolute(announced[1], found.fetched.url)
    if not found.parsed.is_wordpress or not found.parsed.site_url:
        return ""
    return absolute("wp-json/", found.parsed.site_url.rstrip("/") + "/")


def enriched(found: FoundFeed, *, rest_url: str = "", count: int = 20) -> FoundFeed:
    """Return the feed with what WordPress' record of its newest posts adds to its entries.

    Takes one request. `rest.is_open` says what became of it; nothing is raised.
    """
    url = rest_url or rest_url_of(found)
    if not url:
        return found
    try:
        posts = fetch_posts(url, count=count)
    except (FetchError, UnreadableFeed) as error:
        is_closed = not isinstance(error, Temporary)
        answer = RestAnswer(url=url, is_open=False if is_closed else None, note=str(error))
        return replace(found, rest=answer)
    entries = with_posts(found.parsed.entries, posts)
    parsed = replace(found.parsed, entries=entries)
    return replace(found, parsed=parsed, rest=RestAnswer(url=url, is_open=True))


def fetch_posts(rest_url: str, *, count: int, page: int = 1) -> tuple[ParsedArticle, ...]:
    """Return a page of the site's posts, the newest first; none beyond the last page.

    Raises:
        FetchError, UnreadableFeed: closed, broken or slow, in a sentence for staff.
    """
    try:
        fetched = fetch(
            _address(rest_url, count=min(count, MOST_POSTS), page=page),
            allow=settings.fetch_allowed,
            base_url=settings.base_url,
            max_bytes=MOST_OCTETS,
            max_seconds=SECONDS,
            accept="application/json",
            what="answer",
        )
    except FetchError as error:
        if page > 1 and error.status == 400:  # rest_post_invalid_page_number
            return ()
        raise
    if not fetched.content.lstrip()[:1] == b"[":
        raise UnreadableFeed("The site's REST interface answers something else than posts.")
    return parse(fetched.content, content_type=fetched.content_type, url=fetched.url).entries


def with_posts(
    entries: tuple[ParsedArticle, ...], posts: tuple[ParsedArticle, ...]
) -> tuple[ParsedArticle, ...]:
    """Return the entries of a feed, each with what its post adds."""
    by_name = {name: post for post in reversed(posts) for name in _names(post)}
    return tuple(_merged(entry, by_name) for entry in entries)


def posts_by_page(rest_url: str, *, count: int) -> Iterator[tuple[ParsedArticle, ...]]:
    """Yield pages of posts, the newest first, as long as there are any."""
    page = 1
    while posts := fetch_posts(rest_url, count=count, page=page):
        yield tuple(replace(post, enriched=True) for post in posts)
        if len(posts) < count:
            return
        page += 1


def is_main_feed(feed_url: str, rest_url: str) -> bool:
    """Tell whether a feed is that of the whole site, so that any post belongs into it."""
    home = urlsplit(re.sub(r"(wp-json/?|index\.php/wp-json/?|\?rest_route=.*)$", "", rest_url))
    feed = urlsplit(feed_url)
    if feed.netloc.removeprefix("www.") != home.netloc.removeprefix("www."):
        return False
    rest = feed.path.removeprefix(home.path.rstrip("/")).strip("/")
    if re.fullmatch(r"(index\.php/)?feed(/(rss2?|rdf|atom))?|rss2?|atom", rest):
        return not feed.query
    return not rest and bool(re.fullmatch(r"feed=(rss2?|rdf|atom)", feed.query))


def _address(rest_url: str, *, count: int, page: int) -> str:
    parameters = {
        "per_page": count,
        "page": page,
        "_embed": "author,wp:featuredmedia,wp:term",
    }
    if "?" in rest_url:  # …/?rest_route=/ where addresses are not rewritten
        return f"{rest_url.rstrip('/')}/wp/v2/posts&{urlencode(parameters)}"
    return f"{rest_url.rstrip('/')}/wp/v2/posts?{urlencode(parameters)}"


def _merged(entry: ParsedArticle, posts: Mapping[str, ParsedArticle]) -> ParsedArticle:
    post = next((posts[name] for name in _names(entry) if name in posts), None)
    if post is None:
        return entry
    return replace(
        entry,
        author=post.author or entry.author,
        modified_at=post.modified_at or entry.modified_at,
        categories=post.categories or entry.categories,
        tags=post.tags or entry.tags,
        image=_image(entry, post),
        enriched=True,
    )


def _image(entry: ParsedArticle, post: ParsedArticle) -> ParsedImage | None:
    """Prefer what the feed offers beside the text, then the featured image, then the text's."""
    of_text = entry.image is None or entry.image.url in {image.url for image in entry.images}
    if of_text or post.image is None or entry.image is None:
        return post.image or entry.image
    if entry.image.url != post.image.url:
        return entry.image
    return post.image  # the same picture, with its words and its size


def _names(article: ParsedArticle) -> list[str]:
    """Return what an article is known by: its GUID, and its link."""
    link = bare_link(article.link) if article.link else ""
    return [name for name in (article.guid, link) if name]
