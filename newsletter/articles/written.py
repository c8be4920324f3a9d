"""What staff type of an article, before it is one: checked, and with the pictures it was given."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from newsletter.articles.describe import LONGEST_AUTHOR
from newsletter.articles.excerpt import LONGEST_EXCERPT
from newsletter.articles.manuscript_models import Manuscript
from newsletter.articles.models import Picture
from newsletter.errors import PermanentError

LONGEST_TITLE = 300
#: Some forty thousand words; the cleaner takes a megabyte of HTML.
LONGEST_BODY = 300_000
LONGEST_WORDS = 2_000  # beside a picture
MOST_TOPICS = 30
LONGEST_TOPIC = 100


class UnusableText(PermanentError):
    """A text that cannot be stored or published: `problems` has one sentence for each field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedPicture:
    """A picture of a manuscript with the words beside it; `leads`: it stands for the article."""

    picture: Picture
    number: int = 1
    alt: str = ""
    caption: str = ""
    credit: str = ""
    leads: bool = False

    @property
    def address(self) -> str:
        """What the text calls it by: `![](picture:1)`."""
        return f"picture:{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An article as it was typed; `body` is Markdown, `topics` are names."""

    title: str = ""
    standfirst: str = ""
    author: str = ""
    topics: tuple[str, ...] = ()
    body: str = ""
    pictures: tuple[PlacedPicture, ...] = ()


def written_of(manuscript: Manuscript) -> Written:
    """Return what a manuscript holds."""
    return Written(
        title=manuscript.title,
        standfirst=manuscript.standfirst,
        author=manuscript.author,
        topics=tuple(filter(None, manuscript.topics.split("\n"))),
        body=manuscript.body,
        pictures=tuple(
            PlacedPicture(
                picture=one.picture,
                number=one.number,
                alt=one.alt,
                caption=one.caption,
                credit=one.credit,
                leads=one.leads,
            )
            for one in manuscript.pictures
        ),
    )


def checked(written: Written) -> Written:
    """Return the text as it is stored: single lines as such, no characters no database keeps.

    Raises:
        UnusableText: naming every field that is too long.
    """
    problems = dict(_too_long(written))
    if problems:
        raise UnusableText(problems)
    return replace(
        written,
        title=one_line(written.title),
        standfirst=one_line(written.standfirst),
        author=one_line(written.author),
        topics=tuple(dict.fromkeys(filter(None, map(one_line, written.topics)))),
        body=_lines(written.body),
        pictures=tuple(map(_tidied, written.pictures)),
    )


def check_complete(written: Written) -> None:
    """Refuse to publish what has no headline or no text.

    Raises:
        UnusableText.
    """
    problems = {}
    if not written.title:
        problems["title"] = "An article needs a headline."
    if not written.body.strip():
        problems["body"] = "An article needs a text."
    if problems:
        raise UnusableText(problems)


def one_line(text: str) -> str:
    """Return text as one line without control characters."""
    return "".join(filter(str.isprintable, " ".join(text.split())))


def _lines(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").split("\n")
    return "\n".join("".join(filter(str.isprintable, line)) for line in lines)


def _tidied(one: PlacedPicture) -> PlacedPicture:
    return replace(
        one, alt=one_line(one.alt), caption=one_line(one.caption), credit=one_line(one.credit)
    )


def _too_long(written: Written) -> Iterator[tuple[str, str]]:
    limits = {
        "title": ("The headline", LONGEST_TITLE),
        "standfirst": ("The standfirst", LONGEST_EXCERPT),
        "author": ("The author", LONGEST_AUTHOR),
        "body": ("The text", LONGEST_BODY),
    }
    for field, (called, longest) in limits.items():
        if len(getattr(written, field)) > longest:
            yield field, f"{called} is longer than {longest:,} characters."
    if len(written.topics) > MOST_TOPICS or any(len(one) > LONGEST_TOPIC for one in written.topics):
        yield (
            "topics",
            f"Choose at most {MOST_TOPICS} topics, none longer than {LONGEST_TOPIC} characters.",
        )
    for one in written.pictures:
        if max(len(one.alt), len(one.caption), len(one.credit)) > LONGEST_WORDS:
            yield (
                f"picture-{one.picture.id}",
                f"The words of a picture are longer than {LONGEST_WORDS:,} characters.",
            )
