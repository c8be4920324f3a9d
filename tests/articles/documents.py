"""Small documents of feeds, and what is read of them."""

from newsletter.articles.parse import ParsedArticle, ParsedFeed

NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:atom="http://www.w3.org/2005/Atom"'
)


def rss(*items: str, head: str = "") -> bytes:
    body = "".join(f"<item>{item}</item>" for item in items)
    channel = f"<title>Harbour News</title><link>https://news.example.org/</link>{head}{body}"
    return f'<rss version="2.0" {NAMESPACES}><channel>{channel}</channel></rss>'.encode()


def only(feed: ParsedFeed) -> ParsedArticle:
    (article,) = feed.entries
    return article


def item(**fields: str) -> str:
    """Write one item; names with a double underscore stand for a namespace."""
    fields = {"title": "Ferry", "link": "https://news.example.org/ferry/"} | fields
    return "".join(
        f"<{name.replace('__', ':')}>{value}</{name.replace('__', ':')}>"
        for name, value in fields.items()
    )
