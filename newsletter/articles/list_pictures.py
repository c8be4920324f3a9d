"""List the pictures of an article in the order in which they may stand for it."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.images import images_of
from newsletter.articles.models import (
    NARROWEST_LEAD,
    Article,
    ArticlePicture,
    Picture,
    PictureState,
)
from newsletter.articles.picture_addresses import can_lead
from newsletter.articles.shapes import ParsedImage
from newsletter.database import insert_missing
from newsletter.extensions import db

#: Of one article; more are a gallery, which a mail does not carry.
MOST_PICTURES = 40

#: Pages of older articles are not read for a picture, and their pictures wait: there may be
#: hundreds.
YOUNG = timedelta(days=7)
_AHEAD = timedelta(days=1)

_LONGEST_URL = 2000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture of an article before it is fetched."""

    image: ParsedImage
    may_lead: bool


def wanted_pictures(
    lead: ParsedImage | None, images: Iterable[ParsedImage], page: ParsedImage | None
) -> list[Wanted]:
    """Return what to fetch for an article: its lead, those of its text, that of its page."""
    found: dict[str, Wanted] = {}
    for image in (lead, *images, page):
        if image is not None and _usable(image.url):
            able = can_lead(image.url, image.width, image.height)
            found.setdefault(image.url, Wanted(image, able))
    return list(found.values())[:MOST_PICTURES]


def ask_for_pictures(
    urls: Iterable[str], *, now: datetime, ahead: bool = True
) -> dict[str, Picture]:
    """Return the pictures of some addresses; those that are new wait to be fetched.

    `ahead` of all that waits: an archive that is made up for must not keep new articles waiting.
    """
    keys = {source_sha256(url): url for url in urls}
    known = set(
        db.session.scalars(
            sa.select(Picture.source_sha256).where(Picture.source_sha256.in_(list(keys)))
        )
    )
    for key in sorted(keys.keys() - known):
        values = {
            "source_url": keys[key],
            "source_sha256": key,
            "next_attempt_at": now - _AHEAD if ahead else now,
            "created_at": now,
        }
        insert_missing(db.session(), Picture, values, unique=["source_sha256"])
    rows = db.session.scalars(sa.select(Picture).where(Picture.source_sha256.in_(list(keys))))
    return {keys[row.source_sha256]: row for row in rows}


def list_pictures(article: Article, *, now: datetime) -> None:
    """Bring the article's pictures up to what its row says now; nothing is fetched here."""
    wanted = wanted_pictures(_lead(article), images_of(article.content_html), _of_page(article))
    urls = [one.image.url for one in wanted]
    pictures = ask_for_pictures(urls, now=now, ahead=_is_young(article, now))
    listed = {one.picture_id: one for one in article.pictures}
    article.pictures = list(_placed(wanted, pictures, listed))
    article.pictures_listed_at = now
    if _lacks_lead(article) and _may_read_page(article, now):
        article.read_page_at = now
    db.session.flush()


def unlisted_articles(limit: int) -> Sequence[Article]:
    """Return articles whose pictures are to be listed, the newest first, locked."""
    statement = (
        sa.select(Article)
        .where(Article.pictures_listed_at.is_(None))
        .order_by(Article.id.desc())
        .limit(limit)
        .with_for_update(skip_locked=True)  # two sweeps at once must not list one article
    )
    return db.session.scalars(statement).all()


def list_anew(picture_ids: Iterable[int]) -> None:
    """Have the sweeper look again at the articles of some pictures."""
    articles = sa.select(ArticlePicture.article_id).where(
        ArticlePicture.picture_id.in_(list(picture_ids))
    )
    db.session.execute(
        sa.update(Article)
        .where(Article.id.in_(articles))
        .values(pictures_listed_at=None)
        .execution_options(synchronize_session=False)
    )


def source_sha256(url: str) -> str:
    """Return what a picture's source is known by."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def _placed(
    wanted: list[Wanted], pictures: dict[str, Picture], listed: dict[int, ArticlePicture]
) -> Iterator[ArticlePicture]:
    for place, one in enumerate(wanted):
        picture = pictures[one.image.url]
        row = listed.get(picture.id) or ArticlePicture(picture_id=picture.id, picture=picture)
        row.place, row.may_lead = place, one.may_lead
        row.alt, row.caption, row.credit = one.image.alt, one.image.caption, one.image.credit
        yield row


def _lead(article: Article) -> ParsedImage | None:
    if not article.image_url:
        return None
    return ParsedImage(
        url=article.image_url,
        alt=article.image_alt,
        caption=article.image_caption,
        credit=article.image_credit,
        width=article.image_width,
        height=article.image_height,
    )


def _of_page(article: Article) -> ParsedImage | None:
    if not article.page_image_url:
        return None
    return ParsedImage(url=article.page_image_url, alt=article.page_image_alt)


def _lacks_lead(article: Article) -> bool:
    return not any(one.may_lead and _may_be_large(one.picture) for one in article.pictures)


def _may_be_large(picture: Picture) -> bool:
    if picture.state is PictureState.STORED:
        return (picture.width or 0) >= NARROWEST_LEAD
    return picture.state is PictureState.WAITING


def _may_read_page(article: Article, now: datetime) -> bool:
    return _is_young(article, now) and not article.page_attempts and _usable(article.link)


def _is_young(article: Article, now: datetime) -> bool:
    return article.found_at > now - YOUNG


def _usable(url: str) -> bool:
    return url.startswith(("http://", "https://")) and len(url) <= _LONGEST_URL
