"""Tiny feeds that a test writes itself."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

DAY_ONE = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def item(
    number: int,
    *,
    title: str | None = None,
    guid: str | None = None,
    link: str | None = None,
    dated: bool = True,
    hours: int | None = None,
    categories: tuple[str, ...] = (),
    text: str | None = None,
) -> str:
    """Return article `number`, published so many hours after the first."""
    link = f"https://paper.example.org/{number}/" if link is None else link
    guid = f"https://paper.example.org/?p={number}" if guid is None else guid
    when = DAY_ONE + timedelta(hours=number if hours is None else hours)
    lines = [
        f"<title>{escape(title if title is not None else f'Article {number}')}</title>",
        f"<link>{escape(link)}</link>" if link else "",
        f'<guid isPermaLink="false">{escape(guid)}</guid>' if guid else "",
        f"<pubDate>{format_datetime(when)}</pubDate>" if dated else "",
        *(f"<category>{escape(name)}</category>" for name in categories),
        f"<description>{escape(text or f'Text of article {number}.')}</description>",
    ]
    return "<item>" + "".join(lines) + "</item>"


def rss(*items: str, title: str = "The Paper") -> bytes:
    """Return a feed of these articles, in this order; real feeds name the newest first."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>{escape(title)}</title><link>https://paper.example.org/</link>"
        + "".join(items)
        + "</channel></rss>"
    ).encode()
