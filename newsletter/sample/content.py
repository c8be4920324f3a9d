"""This will read the sample articles and publish them as a WordPress feed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cache
from html import escape, unescape
from pathlib import Path
from re import DOTALL, search, sub
from xml.etree import ElementTree as ET

ARTICLES = Path(__file__).parent / "articles"
PICTURES = "/static/sample/"
SITE = "/dev/site"
SITE_NAME = "IRIA News"
FIRST_POST_NUMBER = 4200
EXCERPT_WORDS = 55  # what WordPress cuts an excerpt to
CONTENT, DC, WFW, SLASH, ATOM, SY = (
    "http://purl.org/rss/1.0/modules/content/",
    "http://purl.org/dc/elements/1.1/",
    "http://wellformedweb.org/CommentAPI/",
    "http://purl.org/rss/1.0/modules/slash/",
    "http://www.w3.org/2005/Atom",
    "http://purl.org/rss/1.0/modules/syndication/",
)
for _prefix, _uri in {
    "content": CONTENT,
    "dc": DC,
    "wfw": WFW,
    "slash": SLASH,
    "atom": ATOM,
    "sy": SY,
}.items():
    ET.register_namespace(_prefix, _uri)


@dataclass(frozen=True, slots=True)
class SampleArticle:
    """One invented article, its pictures addressed under the base URL it was asked for with."""

    slug: str
    number: int
    title: str
    author: str
    categories: tuple[str, ...]
    comments: int
    hours_ago: int
    image: str
    html: str


def sample_articles(*, base_url: str) -> tuple[SampleArticle, ...]:
    """Give every sample article in the order of publication, oldest first."""
    return tuple(_with_addresses(base_url.rstrip("/")))


def sample_feed(*, base_url: str, count: int, now: datetime) -> bytes:
    """Publish the `count` oldest articles, newest first, as RSS 2.0 the way WordPress writes it.

    Raising `count` by one publishes the next article. Dates are counted back from `now`: pass
    the same moment at every call, or all dates move and the feed looks tampered with.
    """
    base = base_url.rstrip("/")
    published = sample_articles(base_url=base)[: max(count, 0)]
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    _describe_site(channel, base=base, now=now)
    for article in reversed(published):
        _add_item(channel, article, base=base, now=now)
    ET.indent(rss, space="\t")
    document: bytes = ET.tostring(rss, encoding="UTF-8", xml_declaration=True)
    return document


def _with_addresses(base: str) -> Iterator[SampleArticle]:
    for number, (slug, facts, body) in enumerate(_files(), start=FIRST_POST_NUMBER):
        yield SampleArticle(
            slug=slug,
            number=number,
            title=facts["title"],
            author=facts["author"],
            categories=tuple(facts["categories"].split(", ")),
            comments=int(facts["comments"]),
            hours_ago=int(facts["hours_ago"]),
            image=f"{base}{PICTURES}{facts['image']}",
            html=body.replace(f'src="{PICTURES}', f'src="{escape(base)}{PICTURES}'),
        )


@cache
def _files() -> tuple[tuple[str, dict[str, str], str], ...]:
    """Read each file once: its slug, the facts between the `---` lines, and the HTML below."""
    read = []
    for path in sorted(ARTICLES.glob("*.html")):
        _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
        facts = dict(line.split(": ", 1) for line in head.splitlines())
        read.append((path.stem.split("-", 1)[1], facts, body.strip()))
    return tuple(read)


def _describe_site(channel: ET.Element, *, base: str, now: datetime) -> None:
    _text(channel, "title", SITE_NAME)
    self_link = {
        "href": f"{base}{SITE}/feed",
        "rel": "self",
        "type": "application/rss+xml",
    }
    ET.SubElement(channel, f"{{{ATOM}}}link", self_link)
    _text(channel, "link", f"{base}{SITE}/")
    _text(channel, "description", "International Relations Insights & Analysis")
    _text(channel, "lastBuildDate", format_datetime(now))
    _text(channel, "language", "en-US")
    _text(channel, f"{{{SY}}}updatePeriod", "hourly")
    _text(channel, f"{{{SY}}}updateFrequency", "1")
    _text(channel, "generator", "https://wordpress.org/?v=6.8.1")


def _add_item(channel: ET.Element, article: SampleArticle, *, base: str, now: datetime) -> None:
    item = ET.SubElement(channel, "item")
    link = f"{base}{SITE}/{article.slug}"
    _text(item, "title", article.title)
    _text(item, "link", link)
    _text(item, "comments", f"{link}#{'comments' if article.comments else 'respond'}")
    _text(item, f"{{{DC}}}creator", article.author)
    _text(item, "pubDate", format_datetime(now - timedelta(hours=article.hours_ago)))
    for category in article.categories:
        _text(item, "category", category)
    _text(item, "guid", f"{base}{SITE}/?p={article.number}").set("isPermaLink", "false")
    _text(item, "description", _excerpt(article) + _footer(article.title, link, base))
    _text(item, f"{{{CONTENT}}}encoded", article.html + _footer(article.title, link, base))
    _text(item, f"{{{WFW}}}commentRss", f"{link}/feed/")
    _text(item, f"{{{SLASH}}}comments", str(article.comments))


def _excerpt(article: SampleArticle) -> str:
    lead = search(r"<p>(.*?)</p>", article.html, DOTALL)
    words = unescape(sub(r"<[^>]+>", "", lead[1] if lead else "")).split()
    cut = " [&#8230;]" if len(words) > EXCERPT_WORDS else ""
    return f"<p>{escape(' '.join(words[:EXCERPT_WORDS]), quote=False)}{cut}</p>"


def _footer(title: str, link: str, base: str) -> str:
    site = f'<a href="{escape(base)}{SITE}/">{SITE_NAME}</a>'
    post = f'<a href="{escape(link)}">{escape(title, quote=False)}</a>'
    return f"\n<p>The post {post} appeared first on {site}.</p>\n"


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = text
    return element
