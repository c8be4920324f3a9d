"""A digest of made-up articles rendered without a database, and its links."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from newsletter.articles.models import Article
from newsletter.digests.models import Digest, DigestKind, Treatment
from newsletter.digests.render import RenderedDigest, render_digest
from newsletter.mail.message import Markers
from newsletter.publications.models import Cadence, Publication, Topic
from tests.factories import NOW, article_picture

WEB_URL = "http://localhost/archive/paper-2026-03-02"
MARKERS = Markers("0123456789abcdef01234567")
FULL, EXCERPT, HEADLINE = Treatment.FULL, Treatment.EXCERPT, Treatment.HEADLINE
PARAGRAPH = "<p>" + "A plain sentence about a bridge and the valley below it. " * 8 + "</p>"
Render = Callable[..., RenderedDigest]


def paper(**fields: Any) -> Publication:
    return Publication(
        **{
            "name": "Paper",
            "site_url": "https://paper.example.org/",
            "language": "en",
            "accent": "#0B3D6B",
            "time_zone": "Europe/Berlin",
            "about": "A paper about bridges.",
            "contact_email": "desk@example.org",
            "postal_address": "1 Sample Street\nSampletown",
            "copyright_line": "© 2026 Paper",
            "logo": "",
        }
        | fields
    )


def article(
    number: int = 1, *, topics: Sequence[str] = ("Europe", "News"), **fields: Any
) -> Article:
    written = Article(
        **{
            "slug": f"article-{number}",
            "title": f"Headline {number}",
            "author": "A. Writer",
            "published_at": NOW,
            "language": "en",
            "link": f"https://paper.example.org/{number}/?a=1&b=2",
            "content_html": PARAGRAPH
            + f'<h2>Part</h2><p>See <a href="https://elsewhere.example/{number}">this</a>.</p>',
            "excerpt": f"Excerpt {number}.",
            "reading_minutes": 5,
            "comment_count": 2,
            "comments_url": f"https://paper.example.org/{number}/#comments",
            "pictures": [
                article_picture(
                    f"https://paper.example.org/{number}.jpg",
                    alt=f"Picture {number}",
                    caption=f"Caption {number}",
                    credit="Desk",
                )
            ],
        }
        | fields
    )
    written.topics = [Topic(slug=name, name=name) for name in topics]
    return written


@pytest.fixture
def render(app: object) -> Render:
    def rendered(
        *items: tuple[Article, Treatment],
        publication: Publication | None = None,
        language: str = "en",
        cadence: Cadence = Cadence.WEEKLY,
        note: str = "",
        **fields: Any,
    ) -> RenderedDigest:
        kind = DigestKind.CORRECTION if note else DigestKind.DIGEST
        return render_digest(
            publication=publication or paper(),
            digest=Digest(kind=kind, cadence=cadence, slot=NOW, subject="", note=note, **fields),
            items=items,
            language=language,
            markers=MARKERS,
            web_url=WEB_URL,
        )

    return rendered


def tree(html: str) -> LexborHTMLParser:
    return LexborHTMLParser(html)


def html_links(html: str) -> set[str]:
    hrefs = (link.attributes["href"] or "" for link in tree(html).css("a[href]"))
    return {href.removeprefix("mailto:") for href in hrefs}


def text_links(text: str) -> set[str]:
    return set(re.findall(r"https?://\S+|zz[a-z0-9]+zz|[\w.]+@example\.org", text))
