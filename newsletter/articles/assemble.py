"""Make finished articles of what a feed says: clean, complete, each once."""

import dataclasses
from collections.abc import Iterator

from newsletter.articles.captions import split_credit
from newsletter.articles.categories import readers_categories
from newsletter.articles.clean import LONGEST_HTML, clean
from newsletter.articles.dates import read_date
from newsletter.articles.excerpt import LONGEST_EXCERPT, LONGEST_LEAD, reading_minutes, shorten
from newsletter.articles.footers import strip_cut, strip_footer
from newsletter.articles.images import images_of, lead_image
from newsletter.articles.languages import language_of, language_tag
from newsletter.articles.plain_text import paragraphs_of, plain_line, says_nothing, text_of
from newsletter.articles.raw import RawArticle, RawFeed
from newsletter.articles.shapes import ParsedArticle, ParsedFeed, ParsedImage
from newsletter.articles.web_addresses import absolute, host_of

LONGEST_ADDRESS = 2000
LONGEST_TITLE = 500
LONGEST_AUTHOR = 300


def assemble(raw: RawFeed, *, url: str = "") -> ParsedFeed:
    """Return the feed with its articles finished, and a warning for all that went missing."""
    language = language_tag(raw.language)
    warnings = _Warnings(list(raw.warnings))
    articles: dict[str, ParsedArticle] = {}
    for draft in raw.articles:
        article = _article(draft, raw, language, url, warnings)
        if article is None:
            warnings.count("Left out for want of title, text and link: {articles}.")
        elif article.key in articles:
            warnings.count("Repeated in the feed and taken once: {articles}.")
        else:
            articles[article.key] = article
    if not articles:
        warnings.sentences.append("The feed has no articles.")
    return ParsedFeed(
        title=plain_line(raw.title[: 10 * LONGEST_TITLE])[:LONGEST_TITLE],
        site_url=raw.site_url,
        language=language,
        kind=raw.kind,
        entries=tuple(articles.values()),
        warnings=tuple(warnings.all()),
        hub_url=absolute(raw.hub_url, url) or None if raw.hub_url else None,
        self_url=_address(raw.self_url, url),
        next_url=_address(raw.next_url, url),
        ttl_seconds=_ttl(raw.ttl_minutes),
        is_wordpress="wordpress" in raw.generator.lower(),
        has_full_text=any(not says_nothing(draft.content_html) for draft in raw.articles),
    )


def _ttl(minutes: str) -> int | None:
    minutes = minutes.strip()
    usable = minutes.isascii() and minutes.isdigit() and len(minutes) < 6
    return 60 * int(minutes) if usable else None


class _Warnings:
    """Collects what happened to single articles into one sentence per kind."""

    def __init__(self, sentences: list[str]) -> None:
        self.sentences = sentences
        self._counts: dict[str, int] = {}

    def count(self, happened: str) -> None:
        """Count one article; the sentence has a place for "1 article" or "3 articles"."""
        self._counts[happened] = self._counts.get(happened, 0) + 1

    def all(self) -> Iterator[str]:
        yield from dict.fromkeys(self.sentences)
        for happened, number in self._counts.items():
            articles = "1 article" if number == 1 else f"{number} articles"
            yield happened.format(articles=articles)


def _article(
    draft: RawArticle, raw: RawFeed, language: str | None, url: str, warnings: _Warnings
) -> ParsedArticle | None:
    link = _address(draft.link, raw.site_url or url)
    base = _base(draft, link, raw.site_url or url)
    content, summary = _texts(draft, base, warnings)
    title = plain_line(draft.title[: 10 * LONGEST_TITLE])
    if says_nothing(title):
        title = ""
    running = text_of(content or summary)
    if not (title or running or link or draft.images):
        return None
    _count_gaps(draft, link, warnings)
    own_language = language_tag(draft.language) or language
    published = read_date(draft.published, language=raw.language)
    modified = read_date(draft.modified, language=raw.language)
    if published is None and modified is None:
        warnings.count("Without a date that can be read: {articles}.")
    images = images_of(content or summary)
    paragraphs = paragraphs_of(content)
    first = next(iter(paragraphs or paragraphs_of(summary)), "")
    return ParsedArticle(
        guid=draft.guid,
        link=link,
        title=(title or _title_from(running, link))[:LONGEST_TITLE],
        author=_author(draft.authors),
        published_at=published or modified,
        modified_at=modified,
        categories=readers_categories(draft.categories) or readers_categories(draft.tags),
        tags=readers_categories(draft.tags),
        content_html=content or summary,
        excerpt=_excerpt(summary, paragraphs),
        lead="" if _is_address(first) else shorten(first, LONGEST_LEAD),
        reading_minutes=reading_minutes(running),
        language=language_of(f"{title} {running}", own_language),
        comment_count=_comment_count(draft.comment_count),
        comments_url=_address(draft.comments_url, link or raw.site_url or url),
        image=lead_image(_offered(draft, base), images),
        images=images,
    )


def _count_gaps(draft: RawArticle, link: str, warnings: _Warnings) -> None:
    if not draft.guid and not link:
        warnings.count("Without identifier and link, known by title and date: {articles}.")
    elif not link:
        warnings.count("Without a link: {articles}.")


def _address(address: str, base: str) -> str:
    found = absolute(address, base)
    usable = found.startswith(("http://", "https://")) and len(found) <= LONGEST_ADDRESS
    return found if usable else ""


def _base(draft: RawArticle, link: str, site_url: str) -> str:
    """Choose what relative addresses refer to: xml:base, else the article, else its site.

    The link of a link-blog leads to somebody else's site, where its images are not.
    """
    if draft.base_url:
        return absolute(draft.base_url, site_url) or site_url
    if link and (not site_url or host_of(link) == host_of(site_url)):
        return link
    return site_url or link


def _texts(draft: RawArticle, base: str, warnings: _Warnings) -> tuple[str, str]:
    content = "" if says_nothing(draft.content_html) else draft.content_html
    summary = "" if says_nothing(draft.summary_html) else draft.summary_html
    if max(len(content), len(summary)) > LONGEST_HTML:
        warnings.count("Longer than a megabyte and cut: {articles}.")
    return clean(content, base_url=base), clean(summary, base_url=base)


def _excerpt(summary: str, paragraphs: list[str]) -> str:
    """Prefer an excerpt that somebody wrote to the one a program cut off."""
    written, was_cut = strip_cut(strip_footer(text_of(summary)))
    own = shorten(" ".join(_until(paragraphs, 400)))
    if not written or (was_cut and own):
        return "" if _is_address(own) else own
    if _is_address(written):
        return ""
    return _as_cut(written) if was_cut else shorten(written)


def _as_cut(text: str) -> str:
    """End a text that its feed cut off at its last sentence, or with an ellipsis."""
    return shorten(text + " …", min(len(text), LONGEST_EXCERPT))


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://")) and " " not in text.rstrip("…")


def _until(paragraphs: list[str], enough: int) -> Iterator[str]:
    length = 0
    for each in paragraphs:
        if length > enough:
            return
        length += len(each)
        yield each


def _title_from(running: str, link: str) -> str:
    """Name an article without a title after its first words, else after its address."""
    if running:
        return shorten(running, 80)
    slug = link.rstrip("/").rpartition("/")[2].partition("?")[0]
    words = slug.rpartition(".")[0] or slug
    return words.replace("-", " ").replace("_", " ").strip().capitalize() or "Untitled"


def _author(names: list[str]) -> str:
    shown = [_without_address(plain_line(name[:1000])) for name in names[:20]]
    unique = dict.fromkeys(name for name in shown if not says_nothing(name))
    return ", ".join(unique)[:LONGEST_AUTHOR]


def _without_address(name: str) -> str:
    """Turn "desk@example.com (The Desk)" into "The Desk"; an address alone is nobody's name."""
    if "@" not in name or name.startswith("@"):
        return name
    before, bracket, after = name.partition("(")
    if bracket and "@" in before:
        return after.rstrip(") ")
    return " ".join(word for word in name.split() if "@" not in word).strip("()<> ")


def _comment_count(value: str | int | None) -> int | None:
    digits = str(value if value is not None else "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 8 else None


def _offered(draft: RawArticle, base: str) -> list[ParsedImage]:
    return [_finished(each, base) for each in draft.images]


def _finished(image: ParsedImage, base: str) -> ParsedImage:
    caption, credit = split_credit(text_of(clean(image.caption, base_url=base)))
    return dataclasses.replace(
        image,
        url=_address(image.url, base),
        alt=plain_line(image.alt),
        caption=caption,
        credit=plain_line(image.credit) or credit,
    )
