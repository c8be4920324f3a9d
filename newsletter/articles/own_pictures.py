"""Show pictures from where we keep them: mails and pages load nothing from elsewhere."""

from newsletter.articles.html_tree import Element, build, write
from newsletter.articles.models import Article, Picture
from newsletter.articles.picture_addresses import same_picture

PATH = "/pictures/"


def picture_url(picture: Picture, *, base_url: str = "", narrow: bool = False) -> str:
    """Return where a stored picture is served; with `base_url`, for mails."""
    file = picture.narrow_file if narrow and picture.narrow_file else picture.file
    return f"{base_url}{PATH}{file}"


def text_with_own_pictures(article: Article, *, base_url: str = "") -> str:
    """Return the article's text, its pictures served by us; those that we lack are left out.

    What is the picture above the article in another size gets that one's address, so that
    whoever shows it there can tell.
    """
    if "<img" not in article.content_html:
        return article.content_html
    own = _own(article)
    tree = build(article.content_html)

    def change(element: Element) -> list[Element | str] | None:
        if element.tag != "img":
            return None
        picture = own.get(element.attrs.get("src", ""))
        if picture is None:
            return []
        element.attrs |= {"src": picture_url(picture, base_url=base_url)}
        element.attrs |= {"width": str(picture.width), "height": str(picture.height)}
        return None

    tree.replace(change)
    tree.replace(_without_empty)
    return write(tree)


def _own(article: Article) -> dict[str, Picture]:
    lead = article.picture
    return {
        one.picture.source_url: (
            lead.picture
            if lead and same_picture(one.picture.source_url, lead.picture.source_url)
            else one.picture
        )
        for one in article.pictures
        if one.is_stored
    }


def _without_empty(element: Element) -> list[Element | str] | None:
    """Drop what held nothing but a picture that we lack, with the caption under it."""
    if element.tag == "figure":
        rest = Element("", {}, [each for each in element.children if not _is_caption(each)])
        return [] if not rest.find("img", "table") and not rest.text() else None
    if element.tag in ("a", "p") and not element.find("img", "br", "hr"):
        return None if element.text() else []
    return None


def _is_caption(node: Element | str) -> bool:
    return isinstance(node, Element) and node.tag == "figcaption"
