"""Make of what staff typed the same that is made of a feed's entry, by the same cleaner."""

from newsletter.articles.clean import clean
from newsletter.articles.excerpt import LONGEST_LEAD, reading_minutes, shorten
from newsletter.articles.html_tree import Element, build, write
from newsletter.articles.images import images_of, lead_image
from newsletter.articles.languages import language_of
from newsletter.articles.markdown import html_of
from newsletter.articles.own_pictures import picture_url
from newsletter.articles.plain_text import paragraphs_of
from newsletter.articles.shapes import ParsedArticle, ParsedImage
from newsletter.articles.written import PlacedPicture, Written
from newsletter.config import settings


def compose_written(written: Written, *, key: str, language: str) -> ParsedArticle:
    """Return the article; without a standfirst it has the beginning of its text as one."""
    content = text_of_written(written)
    paragraphs = paragraphs_of(content)
    running = " ".join(paragraphs)
    return ParsedArticle(
        guid=key,
        link="",  # its page is ours
        title=written.title,
        author=written.author,
        published_at=None,
        modified_at=None,
        categories=written.topics,
        content_html=content,
        excerpt=written.standfirst or shorten(running),
        lead=shorten(paragraphs[0], LONGEST_LEAD) if paragraphs else "",
        reading_minutes=reading_minutes(running),
        language=language_of(f"{written.title} {running}", language),
        comment_count=None,
        comments_url="",
        image=_lead(written, images_of(content)),
        images=images_of(content),
    )


def text_of_written(written: Written) -> str:
    """Return the text as clean HTML."""
    return clean(html_of(written.body, written.pictures), base_url=settings.base_url)


def preview_of(written: Written) -> str:
    """Return the text as the archive will show it, its pictures from where they lie already."""
    tree = build(text_of_written(written))
    own = {one.picture.source_url: picture_url(one.picture) for one in written.pictures}

    def change(element: Element) -> list[Element | str] | None:
        if element.tag == "img":
            source = element.attrs.get("src", "")
            element.attrs["src"] = own.get(source, source)
        return None

    tree.replace(change)
    return write(tree)


def _lead(written: Written, images: tuple[ParsedImage, ...]) -> ParsedImage | None:
    """Return the picture that was chosen, else the first of the text, else the first uploaded."""
    chosen = [_image(one) for one in written.pictures if one.leads]
    uploaded = [_image(one) for one in written.pictures]
    return lead_image(chosen, images) or lead_image(uploaded, ())


def _image(one: PlacedPicture) -> ParsedImage:
    return ParsedImage(
        url=one.picture.source_url,
        alt=one.alt,
        caption=one.caption,
        credit=one.credit,
        width=one.picture.width,
        height=one.picture.height,
    )
