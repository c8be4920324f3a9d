"""Media RSS, as feedparser reads it, but for captions: they are not the text of the article."""

from typing import Any

from feedparser.namespaces import mediarss

from newsletter.articles.picture_addresses import looks_like_picture


def is_picture(medium: Any) -> bool:
    """Whether a medium of a feed is a picture, by what the feed says, else by its address."""
    kind = str(medium.get("type") or "")
    if medium.get("medium") or kind:
        return medium.get("medium") == "image" or kind.startswith("image/")
    return looks_like_picture(str(medium.get("href") or medium.get("url") or ""))


def keep_captions() -> None:
    """Have feedparser keep the words about a picture as `caption` and `credit` of that picture.

    It takes every `media:description` for the description of the item, so that a caption stands
    where the article was; and it does not say whose credit is whose. A description that follows
    no picture stays the item's: films are described so. feedparser offers no other way in than
    its methods, one of which each element has by its name.
    """
    mediarss.Namespace._start_media_description = _start_description
    mediarss.Namespace._end_media_description = _end_description
    mediarss.Namespace._end_media_credit = _end_credit


def _start_description(parser: Any, attributes: dict[str, str]) -> None:
    if _last_picture(parser) is None:
        parser._start_description(attributes)
    else:
        parser.push("media_caption", 1)


def _end_description(parser: Any) -> None:
    picture = _last_picture(parser)
    if picture is None:
        parser._end_description()
    else:
        picture.setdefault("caption", parser.pop("media_caption") or "")


def _end_credit(parser: Any) -> None:
    credit = parser.pop("credit") or ""
    if credit.strip():
        parser._get_context()["media_credit"][-1]["content"] = credit
        if medium := _last_medium(parser):
            medium.setdefault("credit", credit)


def _last_picture(parser: Any) -> Any:
    """Return the medium that the words at this place are about, if that is a picture."""
    medium = _last_medium(parser)
    return medium if medium and is_picture(medium) else None


def _last_medium(parser: Any) -> Any:
    media = parser._get_context().get("media_content")
    return media[-1] if media else None
