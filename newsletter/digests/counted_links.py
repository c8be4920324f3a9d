"""Links that are counted: each address in a digest's mails leads by way of us, alike for all.

A link belongs to digest and address, never to a reader or a variant, for a variant may have one
reader. Its token is derived from both, so that renderings need not ask the database.
"""

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

import sqlalchemy as sa

from newsletter.base32 import lower_base32
from newsletter.config import settings
from newsletter.database import insert_missing_rows
from newsletter.digests.models import CountedLink, Digest
from newsletter.extensions import db
from newsletter.keyed_hash import keyed_hash
from newsletter.publications.models import Publication

#: What a token looks like: 128 bits that nobody can guess.
TOKEN = re.compile(r"[a-z2-7]{26}")
_TOKEN_OCTETS = 16
_LINK = re.compile(r'(<a\b[^>]*?\shref=")(https?://[^"]*)(?=")')
_WORD = re.compile(r"(?<!\S)https?://\S+")

#: Signs that browsers and servers read differently, or that end a header.
_ODD = re.compile(r"[\\\s\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class KnownLink:
    """Where a token leads."""

    id: int
    digest_id: int
    url: str
    is_counted: bool  # whether its publication still counts


class LinkBook:
    """The addresses of one digest that lead by way of us."""

    def __init__(self, digest_id: int) -> None:
        self._digest_id = digest_id
        # The oldest key, so that a rendering after a new one came gives the same tokens.
        self._hash = keyed_hash(settings.secret_keys[-1].encode())
        self._tokens: dict[str, str] = {}

    def in_html(self, html: str) -> str:
        """Return the HTML with every address of a link replaced; markers are no addresses."""
        return _LINK.sub(lambda found: found[1] + self._replaced(unescape(found[2])), html)

    def in_text(self, text: str) -> str:
        """Return the text with the same addresses replaced, and no others."""
        return _WORD.sub(
            lambda found: self._replaced(found[0]) if found[0] in self._tokens else found[0], text
        )

    def used_in(self, *contents: str) -> tuple[tuple[str, str], ...]:
        """Return token and address of the links that stand in the contents."""
        return tuple(
            (token, url)
            for url, token in self._tokens.items()
            if any(token in content for content in contents)
        )

    def _replaced(self, url: str) -> str:
        if not may_lead_to(url):
            return url
        if url not in self._tokens:
            message = b"counted link\0" + self._digest_id.to_bytes(8) + url.encode()
            self._tokens[url] = lower_base32(self._hash.digest(message)[:_TOKEN_OCTETS])
        return f"{settings.base_url}/r/{self._tokens[url]}"


def may_lead_to(url: str) -> bool:
    """Say whether a link of ours may lead to an address: a web page, written beyond doubt."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not _ODD.search(url)
    except ValueError:
        return False


def store_links(*, digest: Digest, links: set[tuple[str, str]]) -> None:
    """Store where tokens lead; one stored before stays."""
    rows = [{"digest_id": digest.id, "token": token, "url": url} for token, url in sorted(links)]
    insert_missing_rows(db.session(), CountedLink, rows, unique=["token"])


def find_link(token: str) -> KnownLink | None:
    """Return where a token leads; None for one that was never given out."""
    statement = (
        sa.select(CountedLink.id, CountedLink.digest_id, CountedLink.url, Publication.counts_clicks)
        .join(Digest, CountedLink.digest_id == Digest.id)
        .join(Publication, Digest.publication_id == Publication.id)
        .where(CountedLink.token == token)
    )
    row = db.session.execute(statement).one_or_none()
    return KnownLink(*row) if row else None
