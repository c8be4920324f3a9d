"""Manuscripts: saved as they are typed, given pictures, listed, discarded."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from newsletter.articles.fetch_pictures import store_made
from newsletter.articles.manuscript_models import Manuscript, ManuscriptPicture
from newsletter.articles.models import Article, Picture
from newsletter.articles.own_pictures import PATH
from newsletter.articles.picture_folder import keep
from newsletter.articles.picture_making import MadePicture
from newsletter.articles.written import LONGEST_WORDS, Written, checked, one_line
from newsletter.config import settings
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.publications.models import Publication

MOST_PICTURES = 40


class ManuscriptMoved(PermanentError):
    """Somebody else saved the manuscript since it was opened."""


class TooManyPictures(PermanentError):
    """A manuscript that takes no further picture."""


class AlreadyPublished(PermanentError):
    """A manuscript that cannot be discarded, since readers may have its article."""


def start_manuscript(*, publication: Publication, now: datetime) -> Manuscript:
    """Store an empty manuscript."""
    manuscript = Manuscript(publication_id=publication.id, created_at=now, changed_at=now)
    db.session.add(manuscript)
    db.session.flush()
    return manuscript


def save_manuscript(
    *, manuscript: Manuscript, written: Written, version: int, now: datetime
) -> bool:
    """Store what was typed; say whether it differs from what was there.

    Args:
        version: of the manuscript as it was opened.

    Raises:
        UnusableText: a field is too long.
        ManuscriptMoved: the version is another by now.
    """
    written = checked(written)
    db.session.refresh(manuscript, with_for_update=True)
    if manuscript.version != version:
        raise ManuscriptMoved(
            "Somebody else saved this article since you opened it. What you typed stands below "
            "and is not saved yet; save it again to put it in the place of theirs."
        )
    changed = _write(manuscript, written)
    changed = _write_words(manuscript, written) or changed
    if changed:
        manuscript.version, manuscript.changed_at = version + 1, now
    db.session.flush()
    return changed


def add_picture(
    *, manuscript: Manuscript, made: MadePicture, alt: str, caption: str, credit: str, now: datetime
) -> ManuscriptPicture:
    """Keep an uploaded picture and give it to the manuscript; one that it has stays one.

    Raises:
        TooManyPictures.
        OSError: the folder of pictures is full, or not ours to write.
    """
    if len(manuscript.pictures) >= MOST_PICTURES:
        raise TooManyPictures(f"An article takes at most {MOST_PICTURES} pictures.")
    # Under an address of ours, as if it had been fetched from there: the rest is as with a feed's.
    name = keep(made, folder=settings.picture_folder)
    url = f"{settings.base_url}{PATH}{name}"
    store_made(url=url, made=made, now=now)
    picture = db.session.scalars(sa.select(Picture).where(Picture.source_url == url)).one()
    row = next((one for one in manuscript.pictures if one.picture_id == picture.id), None)
    if row is None:
        manuscript.last_picture += 1
        number = manuscript.last_picture
        row = ManuscriptPicture(picture_id=picture.id, picture=picture, number=number)
        manuscript.pictures.append(row)
    words = {"alt": alt, "caption": caption, "credit": credit}
    for field, text in words.items():
        setattr(row, field, one_line(text)[:LONGEST_WORDS] or getattr(row, field) or "")
    manuscript.version += 1
    manuscript.changed_at = now
    db.session.flush()
    return row


def remove_picture(*, manuscript: Manuscript, picture_id: int, now: datetime) -> None:
    """Take a picture from the manuscript; its file stays, since mails may show it."""
    manuscript.pictures = [one for one in manuscript.pictures if one.picture_id != picture_id]
    manuscript.version += 1
    manuscript.changed_at = now
    db.session.flush()


def discard_manuscript(*, manuscript: Manuscript) -> None:
    """Delete a manuscript that was never published.

    Raises:
        AlreadyPublished.
    """
    db.session.refresh(manuscript, with_for_update=True)
    if manuscript.is_published:
        raise AlreadyPublished("It is published; drop the article instead.")
    db.session.delete(manuscript)
    db.session.flush()


def manuscript_of(article: Article) -> Manuscript | None:
    """Return the manuscript that an article was made of; None: it came by a feed."""
    return db.session.scalar(sa.select(Manuscript).where(Manuscript.article_id == article.id))


def list_manuscripts(publication: Publication, *, limit: int) -> Sequence[Manuscript]:
    """Return the manuscripts without their texts, those that wait to be published first."""
    waits = sa.case((Manuscript.version == Manuscript.published_version, 1), else_=0)
    return db.session.scalars(
        sa.select(Manuscript)
        .where(Manuscript.publication_id == publication.id)
        .order_by(waits, Manuscript.changed_at.desc(), Manuscript.id.desc())
        .limit(limit)
        .options(defer(Manuscript.body), joinedload(Manuscript.article).defer(Article.content_html))
    ).all()


def _write(manuscript: Manuscript, written: Written) -> bool:
    values = {
        "title": written.title,
        "standfirst": written.standfirst,
        "author": written.author,
        "topics": "\n".join(written.topics),
        "body": written.body,
    }
    changed = [name for name, value in values.items() if getattr(manuscript, name) != value]
    for name in changed:
        setattr(manuscript, name, values[name])
    return bool(changed)


def _write_words(manuscript: Manuscript, written: Written) -> bool:
    typed = {one.picture.id: one for one in written.pictures}
    changed = False
    for row in manuscript.pictures:
        one = typed.get(row.picture_id)
        for field in ("alt", "caption", "credit", "leads"):
            if one is not None and getattr(row, field) != getattr(one, field):
                setattr(row, field, getattr(one, field))
                changed = True
    return changed
