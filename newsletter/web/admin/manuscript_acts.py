"""What staff do with the form of an article: save, upload, take a picture out, publish."""

from dataclasses import dataclass
from enum import StrEnum

from flask import request

from newsletter.articles.manuscript_models import Manuscript
from newsletter.articles.manuscripts import (
    add_picture,
    remove_picture,
    save_manuscript,
    start_manuscript,
)
from newsletter.articles.publish_manuscript import publish_manuscript
from newsletter.articles.written import Written
from newsletter.clock import utc_now
from newsletter.publications.models import Publication
from newsletter.staff import audit
from newsletter.unit_of_work import unit_of_work
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.manuscript_form import Upload, picture_to_remove, uploaded_picture


class Act(StrEnum):
    """The buttons of the form; all of them save first."""

    SAVE = "save"
    AUTOSAVE = "autosave"  # by script, and so often that the record does not name it
    UPLOAD = "upload"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of it; `article_id` is that of an article that was published just now."""

    manuscript_id: int
    version: int
    words: str
    article_id: int | None = None


def do(
    manuscript: Manuscript | None, written: Written, *, publication: Publication, version: int
) -> Done:
    """Save what was typed and do what was asked, all or nothing.

    Raises:
        UnusableText, UnusablePicture, TooLargePicture, TooManyPictures, ManuscriptMoved.
        OSError: the folder of pictures cannot be written.
    """
    upload = uploaded_picture()
    with unit_of_work():
        if manuscript is None:
            manuscript = start_manuscript(publication=publication, now=utc_now())
            version = manuscript.version
            note("manuscript_started", "manuscript", manuscript.id)
        changed = save_manuscript(
            manuscript=manuscript, written=written, version=version, now=utc_now()
        )
        return _then(manuscript, upload, changed=changed)


def note(action: str, kind: str, number: int) -> None:
    """Record an act of the member of staff who is signed in."""
    audit.record(action, staff=staff_member(), now=utc_now(), object_kind=kind, object_id=number)


def _then(manuscript: Manuscript, upload: Upload | None, *, changed: bool) -> Done:
    asked, removed = request.form.get("do", ""), picture_to_remove()
    words = "Saved. Readers do not see it before it is published."
    if upload is not None:
        _add(manuscript, upload)
        words = "The picture is here. Put it into the text where it belongs."
    if removed is not None:
        remove_picture(manuscript=manuscript, picture_id=removed, now=utc_now())
        words = "The picture is taken out; its place in the text, too, if you delete its line."
    if asked == Act.PUBLISH:
        return _publish(manuscript)
    if changed and asked != Act.AUTOSAVE:
        note("manuscript_saved", "manuscript", manuscript.id)
    return Done(manuscript_id=manuscript.id, version=manuscript.version, words=words)


def _add(manuscript: Manuscript, upload: Upload) -> None:
    add_picture(
        manuscript=manuscript,
        made=upload.made,
        alt=upload.alt,
        caption=upload.caption,
        credit=upload.credit,
        now=utc_now(),
    )
    note("picture_uploaded", "manuscript", manuscript.id)


def _publish(manuscript: Manuscript) -> Done:
    was_published = manuscript.is_published
    article = publish_manuscript(manuscript=manuscript, now=utc_now())
    note("article_edited" if was_published else "article_published", "article", article.id)
    words = (
        "Published: its page says the new words. Digests that went out keep theirs."
        if was_published
        else "Published. The next digest of each cadence carries it."
    )
    return Done(
        manuscript_id=manuscript.id,
        version=manuscript.version,
        words=words,
        article_id=article.id,
    )
