"""Bitmaps as a publisher's server sends them, drawn by the test that asks."""

import io
from typing import Any

from PIL import Image, ImageDraw


def drawn(width: int, height: int, *, mode: str = "RGB") -> Image.Image:
    """Return a picture with something in it: red at the left, the rest blue."""
    image = Image.new("RGB", (width, height), (20, 60, 160))
    ImageDraw.Draw(image).rectangle((0, 0, width // 4, height), fill=(200, 30, 30))
    return image.convert(mode)


def octets(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return a picture as a file of some kind."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(width: int = 800, height: int = 450, **options: Any) -> bytes:
    return octets(drawn(width, height), "JPEG", **options)
