"""What an image's address tells: a picture, a portrait of the author, an emoji, a counter."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

_PIXEL = re.compile(
    r"//pixel\.|//stats\.wordpress\.|//stats\.wp\.com|/b\.gif\?|/pixel(\.|/|\?)|/1x1[.-]|"
    r"feedburner\.com/~|feedsportal\.com|/~(r|ff|a|4)/|doubleclick\.net|google-analytics\.com|"
    r"/(piwik|matomo)\.php|facebook\.com/tr\b|scorecardresearch\.com|medium\.com/_/stat|"
    r"blogger\.googleusercontent\.com/tracker|/tracker/\d+/|/beacon\b|/count(er)?\.(php|gif)|"
    r"counter\.yadro\.ru|vg0\d\.met\.vgwort\.de|rss-pixel|republish-tracker|track(ing)?[-_]?pixel",
    re.IGNORECASE,
)
_EMOJI = re.compile(
    r"s\.w\.org/images/core/emoji|/twemoji/|/emoji/|/wp-includes/images/smilies/|"
    r"/images/smilies/|fbcdn\.net/images/emoji",
    re.IGNORECASE,
)
_PORTRAIT = re.compile(
    r"gravatar\.com|/avatars?[/.]|[/_-]avatar|githubusercontent\.com/u/|/user[-_]?photos?/|"
    r"wp-user-avatar|googleusercontent\.com/a/|profile_images/|/b16-rounded\.gif|feedburner\.com/fb/",
    re.IGNORECASE,
)
_ORNAMENT = re.compile(r"/(icons?|buttons?|badges?|spacers?)/|/share[-_]|button\w*\.(gif|png)")
_SUFFIX = re.compile(r"[-_](\d{2,4})x(\d{2,4})(?=\.[A-Za-z]{3,4}(\?|$))")
_EXTENSION = re.compile(r"\.(jpe?g|png|gif|webp|avif|bmp|tiff?|heic)$", re.IGNORECASE)


def is_pixel(address: str, width: int | None, height: int | None) -> bool:
    """Tell whether an image only counts readers."""
    tiny = (width is not None and width <= 2) or (height is not None and height <= 2)
    return tiny or bool(_PIXEL.search(address))


def is_emoji(address: str, classes: set[str]) -> bool:
    """Tell whether an image stands for one character of the text."""
    return bool(_EMOJI.search(address)) or bool(classes & {"wp-smiley", "emoji"})


def can_lead(address: str, width: int | None, height: int | None) -> bool:
    """Tell whether an image may stand for its article: no portrait, icon, emoji or counter."""
    if not address.startswith(("http://", "https://")) or address.lower().split("?")[0].endswith(
        ".svg"
    ):
        return False
    if is_pixel(address, width, height) or is_emoji(address, set()):
        return False
    return not _PORTRAIT.search(unquote(address)) and not _ORNAMENT.search(address)


def looks_like_picture(address: str) -> bool:
    """Tell by its ending whether an address is that of a bitmap."""
    try:
        return bool(_EXTENSION.search(urlsplit(address).path))
    except ValueError:
        return False


def width_told(address: str) -> int | None:
    """Read the width that resizing services and WordPress write into an address."""
    found = _SUFFIX.search(address)
    if found:
        return int(found[1])
    blogger = re.search(r"/[sw](\d{2,4})(-[a-z0-9-]+)?/", address)
    if blogger and ("bp.blogspot." in address or "googleusercontent." in address):
        return int(blogger[1])
    try:
        query = parse_qs(urlsplit(address).query)
    except ValueError:
        return None
    for name in ("w", "width", "resize", "fit"):
        number = re.match(r"\d{1,5}", query.get(name, [""])[0])
        if number:
            return int(number[0])
    return None


def same_picture(one: str, other: str) -> bool:
    """Tell whether two addresses show one picture in two sizes."""
    return _bare(one) == _bare(other)


def _bare(address: str) -> str:
    bare = re.sub(r"^https?://(www\.|i\d\.wp\.com/)?", "", address.split("?")[0].split("#")[0])
    return _SUFFIX.sub("", bare).replace("-scaled.", ".").lower()
