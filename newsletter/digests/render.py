"""Render a digest as mail: HTML within its budget, and the same in plain text."""

from collections.abc import Sequence
from dataclasses import dataclass

from babel.dates import format_date, get_timezone

from newsletter.articles.models import Article
from newsletter.config import settings
from newsletter.digests.budget import Plan, fit
from newsletter.digests.counted_links import LinkBook
from newsletter.digests.models import Digest, DigestKind, Treatment
from newsletter.digests.own_words import OwnWords
from newsletter.digests.story import Entry, Story
from newsletter.digests.subject import subject_line
from newsletter.mail.html import mail_html
from newsletter.mail.logo import logo_address
from newsletter.mail.message import Markers, Placeholder
from newsletter.mail.palette import palette
from newsletter.mail.templates import RenderedMail, fill, locale_of
from newsletter.publications.models import Publication

__all__ = ["RenderedDigest", "RenderedMail", "render_digest"]


@dataclass(frozen=True, kw_only=True)
class RenderedDigest(RenderedMail):
    """A rendered digest, and how much of each article it came to carry."""

    treatments: tuple[Treatment, ...]
    #: Articles from this place on are only counted, with a link to the digest on the web.
    shown: int
    #: Token and address of the links that lead by way of us, where clicks are counted.
    links: tuple[tuple[str, str], ...] = ()


def render_digest(
    *,
    publication: Publication,
    digest: Digest,
    items: Sequence[tuple[Article, Treatment]],
    language: str,
    markers: Markers,
    web_url: str,
    related: Sequence[Article] = (),
    counted: LinkBook | None = None,
) -> RenderedDigest:
    """Return subject and both parts of one variant, personal links still markers.

    Articles are carried as `items` ask for, or less where the HTML would grow past its
    budget; `treatments` says what became of each. Of `related` only headlines are shown. With
    `counted`, links lead by way of us.
    Costs about 10 ms while everything fits and one more rendering per halving where it does
    not. Raises MailTooLarge.
    """
    if not items:
        raise ValueError("a digest carries at least one article")
    articles = [article for article, _ in items]
    page = _Page(publication, digest, articles, related, language, markers, web_url, counted)
    plan = fit([treatment for _, treatment in items], size=page.size)
    html, text = page.html(plan), page.text(plan)
    return RenderedDigest(
        subject=subject_line(
            headline=items[0][0].title,
            wish=digest.subject,
            others=len(items) - 1,
            language=language,
            kind=_kind_of(digest),
        ),
        html=html,
        text=text,
        treatments=plan.treatments,
        shown=plan.shown,
        links=counted.used_in(html, text) if counted else (),
    )


class _Page:
    """What every plan of one digest has in common."""

    def __init__(
        self,
        publication: Publication,
        digest: Digest,
        articles: Sequence[Article],
        related: Sequence[Article],
        language: str,
        markers: Markers,
        web_url: str,
        counted: LinkBook | None,
    ) -> None:
        self._counted = counted
        self._language = language
        self._kind = _kind_of(digest).value
        self._own = OwnWords.of(digest, nonce=markers.nonce)
        self._stories, beside = [
            [
                Story(
                    article=article,
                    language=language,
                    time_zone=publication.time_zone,
                    url=address_of(article),
                    mark=f"zz{markers.nonce}{name}{number}zz",
                )
                for number, article in enumerate(some)
            ]
            for name, some in (("body", articles), ("related", related))
        ]
        self._values = {
            "publication": publication,
            "logo": logo_address(publication.logo, base_url=settings.base_url),
            "cadence": digest.cadence.value,
            "note": digest.note or "",
            "own": self._own,
            "related": beside,
            "date": _date_of(digest, publication, language),
            "web_url": web_url,
            "unsubscribe_url": markers.marker(Placeholder.UNSUBSCRIBE_URL),
            "preferences_url": markers.marker(Placeholder.PREFERENCES_URL),
            "counts_clicks": counted is not None,
            "colours": palette(publication.accent),
        }
        self._rendered: dict[Plan, str] = {}

    def size(self, plan: Plan) -> int:
        return len(self.html(plan).encode())

    def html(self, plan: Plan) -> str:
        if plan not in self._rendered:
            html = mail_html(
                self._fill(f"{self._kind}/body.mjml", plan),
                css=self._fill("parts/inline.css", plan),
                prose=self._own.prose
                | {
                    entry.story.mark: entry.story.body
                    for entry in entries_of(self._stories, plan)
                    if entry.treatment is Treatment.FULL
                },
            )
            self._rendered[plan] = self._counted.in_html(html) if self._counted else html
        return self._rendered[plan]

    def text(self, plan: Plan) -> str:
        text = self._fill(f"{self._kind}/body.txt", plan).strip() + "\n"
        return self._counted.in_text(text) if self._counted else text

    def _fill(self, template: str, plan: Plan) -> str:
        return fill(
            template,
            language=self._language,
            entries=entries_of(self._stories, plan),
            left=len(self._stories) - plan.shown,
            **self._values,
        )


def _kind_of(digest: Digest) -> DigestKind:
    """Return the kind; one that was not stored yet has none."""
    return digest.kind or DigestKind.DIGEST


def entries_of(stories: Sequence[Story], plan: Plan) -> list[Entry]:
    """Return what a plan shows of the stories."""
    treatments = [None, *plan.treatments[: plan.shown], None]
    return [
        Entry(
            story=story,
            treatment=treatment,
            is_lead=before is None,
            opens_briefs=before is not Treatment.HEADLINE,
            closes_briefs=after is not Treatment.HEADLINE,
        )
        for story, before, treatment, after in zip(
            stories, treatments, plan.treatments, treatments[2:], strict=False
        )
    ]


def address_of(article: Article) -> str:
    """Return where the article is read: on its site, else in the archive."""
    if article.link.startswith(("http://", "https://")):
        return article.link
    return f"{settings.base_url}/articles/{article.slug}"


def _date_of(digest: Digest, publication: Publication, language: str) -> str:
    sent_at = digest.published_at or digest.slot  # drafts go early, held ones late
    local = sent_at.astimezone(get_timezone(publication.time_zone))
    day = format_date(local.date(), format="full", locale=locale_of(language))
    return day[:1].upper() + day[1:]  # it begins a line
