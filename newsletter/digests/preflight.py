"""Preflight: what is wrong with a mail, found before any reader gets it; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from newsletter.articles.html_tree import Element
from newsletter.articles.resolve_link import LinkAnswer
from newsletter.digests.mail_tree import body_of, read_mail
from newsletter.mail.markers import Markers


class Level(StrEnum):
    """How bad it is."""

    ERROR = "error"  # the digest does not go out by itself
    WARNING = "warning"


class Mend(StrEnum):
    """Where it is mended."""

    ARTICLE = "article"
    DIGEST = "digest"
    SETTINGS = "settings"
    OPERATOR = "operator"  # by whoever runs the service


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in a sentence."""

    key: str  # the same in every variant, and when it is found again
    level: Level
    sentence: str
    mend: Mend
    article_id: int | None = None
    #: Staff may send it anyway; not what would be no mail at all.
    overrulable: bool = True
    #: The field of the settings, or of the draft, in which it is mended, if it is one.
    field: str = ""


@dataclass(frozen=True, slots=True)
class Carried:
    """An article, as findings name it."""

    id: int
    title: str


@dataclass(frozen=True, kw_only=True)
class Specimen:
    """A rendered mail, and what is known of the articles and links in it."""

    subject: str
    html: str
    text: str
    markers: Markers
    articles: Mapping[str, Carried] = field(default_factory=dict)  # by the link of the headline
    links: Mapping[str, LinkAnswer] = field(default_factory=dict)  # those that were asked for
    own: Mapping[str, str] = field(default_factory=dict)  # links in editors' words, by address

    @cached_property
    def tree(self) -> Element:
        """The whole HTML."""
        return read_mail(self.html)

    @cached_property
    def body(self) -> Element:
        """What readers see of it."""
        return body_of(self.tree)

    def named(self, headline: Element) -> Carried | None:
        """Return the article that a headline stands for."""
        links = headline.find("a")
        return self.articles.get(links[0].attrs.get("href", "")) if links else None

    @cached_property
    def stories(self) -> list[tuple[Carried, Element]]:
        """Each article that is carried with more than its headline, and its part of the mail."""
        found = []
        for story in self.body.walk():
            headlines = story.find("h2") if "story" in story.classes else []
            carried = self.named(headlines[0]) if len(headlines) == 1 else None
            if carried is not None:
                found.append((carried, story))
        return found

    def article_with(self, words: str) -> Carried | None:
        """Return the article in whose part of the mail some words stand."""
        return next((carried for carried, story in self.stories if words in story.text()), None)


def about(carried: Carried | None) -> str:
    """Return how a sentence says where something stands."""
    return f" of “{carried.title}”" if carried else ""


def each_once(findings: Iterable[Finding]) -> list[Finding]:
    """Return each finding once, errors first, else in the order they were found."""
    found = {one.key: one for one in reversed(list(findings))}
    return sorted(reversed(found.values()), key=lambda one: one.level is not Level.ERROR)


def blocking(findings: Iterable[Finding], *, overruled: frozenset[str]) -> list[Finding]:
    """Return the errors that staff did not overrule."""
    return [
        one
        for one in findings
        if one.level is Level.ERROR and not (one.overrulable and one.key in overruled)
    ]


def hrefs(element: Element) -> Iterator[str]:
    """Yield where the links below lead to."""
    for link in element.find("a"):
        if address := link.attrs.get("href"):
            yield address
