"""The form in which staff write an article: what was typed, what was chosen, what was uploaded."""

from dataclasses import dataclass

from flask import request

from newsletter.articles.manuscript_models import Manuscript
from newsletter.articles.picture_making import MadePicture, UnusablePicture, make_picture
from newsletter.articles.written import PlacedPicture, Written
from newsletter.errors import PermanentError

LARGEST_UPLOAD = 10 * 1024 * 1024
_LONGEST_NUMBER = 9


class TooLargePicture(PermanentError):
    """A file beyond what one picture may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A picture that came with the form, with its words."""

    made: MadePicture
    alt: str
    caption: str
    credit: str


def typed_manuscript(manuscript: Manuscript | None) -> Written:
    """Return what was typed; pictures are those that the manuscript has."""
    chosen = [*request.form.getlist("topics"), *request.form.get("more_topics", "").split(",")]
    return Written(
        title=request.form.get("title", ""),
        standfirst=request.form.get("standfirst", ""),
        author=request.form.get("author", ""),
        topics=tuple(dict.fromkeys(name.strip() for name in chosen if name.strip())),
        body=request.form.get("body", "").replace("\r\n", "\n"),
        pictures=tuple(_with_typed_words(manuscript)),
    )


def typed_version() -> int:
    """Return the version that the form was opened with; 0, which none has, if it says nothing."""
    return _number(request.form.get("version", ""))


def picture_to_remove() -> int | None:
    """Return the picture whose button was pressed."""
    name, _, number = request.form.get("do", "").partition("-")
    return _number(number) if name == "remove" and number else None


def uploaded_picture() -> Upload | None:
    """Return the picture that came with the form, made ours; None: none came.

    Raises:
        TooLargePicture: beyond ten megabytes.
        UnusablePicture: no picture that mails can show.
    """
    file = request.files.get("picture")
    if file is None or not file.filename:
        if request.form.get("do") == "upload":
            raise UnusablePicture("Choose a file first.")
        return None
    content = file.stream.read(LARGEST_UPLOAD + 1)
    if len(content) > LARGEST_UPLOAD:
        raise TooLargePicture(
            f"The file is larger than {LARGEST_UPLOAD // 1024**2} MB. Save the picture smaller."
        )
    words = {name: request.form.get(f"new_{name}", "") for name in ("alt", "caption", "credit")}
    return Upload(made=make_picture(content), **words)


def _with_typed_words(manuscript: Manuscript | None) -> list[PlacedPicture]:
    rows = manuscript.pictures if manuscript else []
    lead = _number(request.form.get("lead", ""))
    return [
        PlacedPicture(
            picture=row.picture,
            number=row.number,
            leads=row.picture_id == lead if "lead" in request.form else row.leads,
            **{
                name: request.form.get(f"{name}-{row.picture_id}", getattr(row, name))
                for name in ("alt", "caption", "credit")
            },
        )
        for row in rows
    ]


def _number(text: str) -> int:
    readable = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if readable else 0
