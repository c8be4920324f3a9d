"""Our own pictures: whatever a server sends, what comes out is small, bare and a bitmap."""

import io
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from newsletter.articles.picture_making import (
    KINDS,
    NARROW,
    WIDEST,
    MadePicture,
    UnusablePicture,
    make_picture,
)
from tests.articles.bitmaps import drawn, jpeg, octets

RED, BLUE = (200, 30, 30), (20, 60, 160)


def opened(made: MadePicture) -> Image.Image:
    return Image.open(io.BytesIO(made.content))


def close(one: object, other: tuple[int, ...]) -> bool:
    assert isinstance(one, tuple)
    return all(abs(a - b) < 25 for a, b in zip(one, other, strict=False))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_bitmap_comes_out_as_jpeg(kind: str) -> None:
    made = make_picture(octets(drawn(800, 450), kind))
    suffix = "png" if kind == "GIF" else "jpg"
    assert (made.suffix, made.width, made.height) == (suffix, 800, 450)
    assert opened(made).size == (800, 450)
    assert close(opened(made).convert("RGB").getpixel((20, 20)), RED)


@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (1201, 900), (8000, 40)])
def test_a_wide_picture_is_made_as_wide_as_a_mail_needs(width: int, height: int) -> None:
    made = make_picture(jpeg(width, height))
    assert (made.width, made.height) == (WIDEST, max(round(height * WIDEST / width), 1))
    assert opened(made).size == (made.width, made.height)


def test_a_narrow_one_is_made_for_beside_an_excerpt() -> None:
    made = make_picture(jpeg(2400, 1350))
    assert made.narrow is not None
    assert (made.narrow.width, made.narrow.height) == (NARROW, 153)
    assert opened(made.narrow).size == (NARROW, 153)
    assert len(made.narrow.content) < len(made.content) / 4
    assert make_picture(jpeg(NARROW, 100)).narrow is None


def test_a_picture_is_never_made_larger() -> None:
    assert make_picture(jpeg(300, 200)).width == 300


def test_it_stands_upright_and_tells_nothing_of_its_taking() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right
    exif[0x010E] = "Taken at home"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)  # where
    made = make_picture(jpeg(800, 400, exif=exif, comment=b"private"))
    assert (made.width, made.height) == (400, 800)
    image = opened(made)
    assert close(image.getpixel((200, 10)), RED)
    assert close(image.getpixel((200, 700)), BLUE)
    assert dict(image.getexif()) == {}
    for told in (b"Exif", b"Taken at home", b"private", b"http"):
        assert told not in made.content


def test_what_is_transparent_stays_transparent() -> None:
    image = drawn(400, 300, mode="RGBA")
    image.paste((0, 0, 0, 0), (200, 0, 400, 300))
    made = make_picture(octets(image, "PNG"))
    assert made.suffix == "png"
    pixel = opened(made).convert("RGBA").getpixel((300, 100))
    assert isinstance(pixel, tuple)
    assert pixel[3] == 0


def test_an_alpha_channel_that_hides_nothing_is_dropped() -> None:
    assert make_picture(octets(drawn(400, 300, mode="RGBA"), "PNG")).suffix == "jpg"


def test_an_animation_shows_its_first_frame() -> None:
    frames = [Image.new("RGB", (300, 200), colour) for colour in (RED, BLUE)]
    moving = octets(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    made = make_picture(moving)
    assert getattr(opened(made), "n_frames", 1) == 1
    assert close(opened(made).convert("RGB").getpixel((5, 5)), RED)


def test_a_diagram_stays_sharp() -> None:
    assert make_picture(octets(drawn(600, 400, mode="P"), "PNG")).suffix == "png"


@pytest.mark.parametrize("mode", ["L", "CMYK", "1"])
def test_every_mode_of_colour_can_be_read(mode: str) -> None:
    kind = "PNG" if mode == "1" else "JPEG"
    assert opened(make_picture(octets(drawn(400, 300, mode=mode), kind))).size == (400, 300)


def test_sixteen_bits_of_grey_are_not_all_white() -> None:
    image = Image.new("I;16", (100, 100), 20_000)
    pixel = opened(make_picture(octets(image, "PNG"))).getpixel((50, 50))
    assert close(pixel, (78, 78, 78))


def test_colours_of_another_profile_come_over_to_ours() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = make_picture(jpeg(400, 300, icc_profile=profile))
    assert close(opened(made).getpixel((300, 100)), BLUE)
    assert "icc_profile" not in opened(made).info
    damaged = make_picture(jpeg(400, 300, icc_profile=b"no profile"))
    assert close(opened(damaged).getpixel((300, 100)), BLUE)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 600), (600, 1), (16, 16), (31, 31)])
def test_counters_and_icons_are_refused(width: int, height: int) -> None:
    with pytest.raises(UnusablePicture, match="counter or an icon"):
        make_picture(octets(drawn(width, height), "PNG"))


def png_that_says(width: int, height: int) -> bytes:
    """Return a PNG whose head promises more than its few octets hold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(5000, 4001), (12_000, 12_000), (60_000, 60_000)])
def test_a_bomb_is_refused_before_it_is_decoded(width: int, height: int) -> None:
    with pytest.raises(UnusablePicture, match="more than 20 million pixels"):
        make_picture(png_that_says(width, height))


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>x()</script></svg>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        SVG,
        b"<!doctype html><p>Not found",
        octets(drawn(100, 100), "BMP"),
        octets(drawn(100, 100), "TIFF"),
        octets(drawn(100, 100), "ICO"),
        octets(drawn(100, 100), "PDF"),
    ],
    ids=["nothing", "svg", "page", "bmp", "tiff", "ico", "pdf"],
)
def test_what_is_no_bitmap_of_the_web_is_refused(content: bytes) -> None:
    with pytest.raises(UnusablePicture, match="not a JPEG, PNG, GIF, WebP or AVIF"):
        make_picture(content)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(KINDS))
def test_damaged_octets_make_a_picture_or_are_refused(data: st.DataObject, kind: str) -> None:
    content = bytearray(octets(drawn(120, 90), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    for octets_ in (bytes(content), bytes(content[:cut])):
        with suppress(UnusablePicture):
            assert opened(make_picture(octets_)).format in ("JPEG", "PNG")
