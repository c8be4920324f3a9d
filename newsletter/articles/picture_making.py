"""Make our own picture of what a publisher's server sent: checked, turned, scaled, bare."""

import io
import warnings
from dataclasses import dataclass, replace

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from newsletter.errors import PermanentError

#: Twice the column of a mail, for screens with two pixels to one.
WIDEST = 1200
#: Of one picture: 20 million pixels are 80 MB once decoded, and more while they are scaled.
MOST_PIXELS = 20_000_000
#: Twice the picture beside an excerpt, where the whole one would be ten times the octets.
NARROW = 272
#: A JPEG is decoded at a fraction of its size.
MOST_PIXELS_OF_JPEG = 60_000_000
#: Readers are counted by pictures of a pixel or two; icons and buttons are no larger than this.
SMALLEST = 32

JPEG_QUALITY = 82
#: Beyond this a PNG gets by with 256 colours.
LARGEST_PNG = 600_000

#: What may be decoded at all; each other decoder would be one more way in.
KINDS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")


class UnusablePicture(PermanentError):
    """What came is no picture that mails can show; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePicture:
    """A picture as we serve it; `suffix` is "jpg" or "png", `narrow` the same, where smaller."""

    content: bytes
    suffix: str
    width: int
    height: int
    narrow: "MadePicture | None" = None


def make_picture(content: bytes) -> MadePicture:
    """Decode and encode again: what comes out carries no metadata and nothing hidden.

    Turned as EXIF says, at most `WIDEST` wide, the first frame of an animation; PNG where it is
    transparent or drawn, JPEG otherwise.

    Raises:
        UnusablePicture: no bitmap, damaged, too large to decode, or a counter or an icon.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=KINDS) as found:
                return _made(found)
    except UnusablePicture:
        raise
    except UnidentifiedImageError:
        raise UnusablePicture("It is not a JPEG, PNG, GIF, WebP or AVIF picture.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnusablePicture(_too_many_pixels(MOST_PIXELS)) from None
    except Exception as error:  # whatever a decoder makes of octets that somebody arranged
        raise UnusablePicture(f"It cannot be decoded ({type(error).__name__}).") from error


def _made(found: Image.Image) -> MadePicture:
    _check(*found.size, most=MOST_PIXELS_OF_JPEG if found.format == "JPEG" else MOST_PIXELS)
    is_drawn = found.format in ("PNG", "GIF") and found.mode in ("P", "1")
    found.draft("RGB", (WIDEST, WIDEST))  # a JPEG decodes at a fraction of its size for less
    image = _in_our_colours(ImageOps.exif_transpose(found))
    image = _scaled(image, WIDEST)
    narrow = _encoded(_scaled(image, NARROW), is_drawn) if image.width > NARROW else None
    return replace(_encoded(image, is_drawn), narrow=narrow)


def _scaled(image: Image.Image, widest: int) -> Image.Image:
    if image.width <= widest:
        return image
    height = max(round(image.height * widest / image.width), 1)
    return image.resize((widest, height), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _check(width: int, height: int, *, most: int) -> None:
    if width * height > most:
        raise UnusablePicture(_too_many_pixels(most))
    if max(width, height) < SMALLEST or min(width, height) <= 2:
        raise UnusablePicture(f"It is {width} × {height} pixels: a counter or an icon.")


def _too_many_pixels(most: int) -> str:
    return f"It has more than {most // 1_000_000} million pixels."


def _in_our_colours(image: Image.Image) -> Image.Image:
    """Return the picture as RGB in sRGB, or RGBA where some of it shows what lies behind."""
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        lowest = image.getchannel("A").getextrema()[0]
        return image if lowest != 255 else image.convert("RGB")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        image = _from_profile(image, profile)
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value / 256).convert("L").convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _from_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Bring colours over to sRGB; with a damaged profile they stay as they are."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return turned or image


def _png(image: Image.Image) -> bytes:
    content = _saved(image, "PNG")
    if len(content) <= LARGEST_PNG:
        return content
    method = Image.Quantize.FASTOCTREE  # the one that knows transparency
    return _saved(image.quantize(256, method=method), "PNG")


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    image.info.clear()  # encoders take comments, profiles and EXIF from here
    octets = io.BytesIO()
    image.save(octets, kind, optimize=True, **options)
    return octets.getvalue()


def _encoded(image: Image.Image, is_drawn: bool) -> MadePicture:
    if image.mode == "RGBA" or is_drawn:
        content, suffix = _png(image), "png"
    else:
        content, suffix = _saved(image, "JPEG", quality=JPEG_QUALITY, progressive=True), "jpg"
    return MadePicture(content=content, suffix=suffix, width=image.width, height=image.height)
