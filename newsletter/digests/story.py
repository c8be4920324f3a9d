"""An article as the templates of a digest show it."""

from dataclasses import dataclass
from functools import cached_property

from babel.dates import format_date, get_timezone

from newsletter.articles.models import Article, ArticlePicture
from newsletter.articles.own_pictures import picture_url, text_with_own_pictures
from newsletter.config import settings
from newsletter.digests.body import COLUMN, body_html, picture_size
from newsletter.digests.models import Treatment
from newsletter.digests.plain_body import Links, plain_body
from newsletter.mail.templates import language_tag, locale_of

THUMBNAIL = 136
#: Topics named above a headline; more would be a list, not a kicker.
_MOST_TOPICS = 2


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture at the size it is shown at."""

    url: str
    alt: str
    caption: str
    credit: str
    width: int
    height: int | None


@dataclass(frozen=True, kw_only=True)
class Story:
    """One article of a digest; what is costly to shape is shaped once for every plan."""

    article: Article
    language: str  # the reader's
    time_zone: str
    url: str
    mark: str  # stands for the body in MJML

    @property
    def title(self) -> str:
        return self.article.title

    @property
    def kicker(self) -> str:
        return " · ".join(topic.name for topic in self.article.topics[:_MOST_TOPICS])

    @property
    def minutes(self) -> int:
        return max(self.article.reading_minutes or 1, 1)

    @cached_property
    def date(self) -> str:
        local = self.article.published_at.astimezone(get_timezone(self.time_zone))
        return format_date(local.date(), format="long", locale=locale_of(self.language))

    @property
    def foreign(self) -> tuple[str, str] | None:
        """Language and direction of the article where they are not the reader's."""
        own = self.article.language
        if not own or language_tag(own).split("-")[0] == language_tag(self.language).split("-")[0]:
            return None
        return language_tag(own), locale_of(own).text_direction

    @cached_property
    def picture(self) -> Picture | None:
        """The picture across the column."""
        return self._picture(COLUMN)

    @cached_property
    def thumbnail(self) -> Picture | None:
        """The picture beside an excerpt."""
        return self._picture(THUMBNAIL)

    @cached_property
    def body(self) -> str:
        """The full text as HTML for a mail, its lead picture left to the template."""
        lead = self.article.picture
        text = text_with_own_pictures(self.article, base_url=settings.base_url)
        return body_html(text, shown_above=_address(lead) if lead else "")

    @cached_property
    def links(self) -> list[str]:
        """Addresses the plain text numbers."""
        return self._plain[1]

    @property
    def plain(self) -> str:
        """The full text, plain."""
        return self._plain[0]

    @cached_property
    def _plain(self) -> tuple[str, list[str]]:
        links = Links()
        return plain_body(self.body, links=links), links.addresses

    def _picture(self, widest: int) -> Picture | None:
        lead = self.article.picture
        if lead is None:
            return None
        width, height = picture_size(lead.picture.width, lead.picture.height, widest)
        return Picture(
            url=_address(lead, narrow=widest == THUMBNAIL),
            alt=lead.alt,
            caption=lead.caption_line,
            credit=lead.credit,
            width=width,
            height=height,
        )


def _address(lead: ArticlePicture, *, narrow: bool = False) -> str:
    return picture_url(lead.picture, base_url=settings.base_url, narrow=narrow)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A story at its place in one plan."""

    story: Story
    treatment: Treatment
    is_lead: bool
    #: Headlines that follow each other share one cell.
    opens_briefs: bool
    closes_briefs: bool
