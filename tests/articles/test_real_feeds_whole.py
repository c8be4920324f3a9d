"""Feeds as found in the world, held against their raw text: no picture, caption or letter is lost.

What is expected is read from the octets by patterns alone, without the code that is tested.
"""

import re
from html import unescape
from itertools import chain

import pytest

from newsletter.articles.shapes import ParsedImage
from tests.articles import test_real_feeds
from tests.articles.test_real_feeds import COUNTS, feed

pytestmark = test_real_feeds.pytestmark

#: Encodings that a document does not say itself, or says in its declaration only.
ENCODINGS = {
    "enc-windows1251-ibash.xml": "windows-1251",
    "bad-latin1-undeclared-uol.xml": "latin-1",
}
#: Counters of readers, and pictures that stand for one character.
NO_PICTURES = re.compile(r"pixel\.wp\.com|/tracker/|/emoji/")
#: In the collection one picture is said to be one pixel large.
ONE_PIXEL = "shanzhuoboshi.com/artcle_images/2006/04/1.jpg"
#: Words that introduce a credit and are not part of it.
LABELS = {"Photo", "Image", "Credit", "Source", "by", "Foto", "Imagem"}


def raw(name: str) -> str:
    """Return a document with every escape resolved, however often it was escaped."""
    assert test_real_feeds.FOLDER is not None
    octets = (test_real_feeds.FOLDER / name).read_bytes()
    text = octets.decode(ENCODINGS.get(name, "utf-8"), "replace")
    if name.endswith(".json"):
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda sign: chr(int(sign[1], 16)), text)
        text = text.replace("\\/", "/").replace('\\"', '"')
    return unescape(unescape(text))


def images(name: str) -> list[ParsedImage]:
    return [image for entry in feed(name).entries for image in entry.images]


@pytest.mark.parametrize("name", COUNTS)
def test_every_picture_of_every_text_is_found(name: str) -> None:
    feed(name)  # skips what is not in the collection
    named = set(re.findall(r"""<img\b[^>]*?\ssrc\s*=\s*["']([^"']+)""", raw(name)))
    found = [image.url.removeprefix("https:").removeprefix("http:") for image in images(name)]
    missing = [
        address
        for address in (re.sub(r"^https?:", "", unescape(one).strip()) for one in named)
        if not NO_PICTURES.search(address)
        and ONE_PIXEL not in address
        and not any(one.endswith(address) for one in found)
    ]
    assert missing == []


@pytest.mark.parametrize("name", COUNTS)
def test_every_word_of_every_caption_is_kept_as_caption_or_credit(name: str) -> None:
    feed(name)
    pattern = r'<figcaption\b[^>]*>(.*?)</figcaption>|class="wp-caption-text"[^>]*>(.*?)</p>'
    captions = chain.from_iterable(re.findall(pattern, raw(name), re.DOTALL))
    wanted = {word for one in captions for word in _words(re.sub(r"<[^>]+>", " ", one))}
    kept = {word for one in images(name) for word in _words(f"{one.caption} {one.credit}")}
    assert wanted - kept <= LABELS


@pytest.mark.parametrize("name", COUNTS)
def test_no_letter_is_another_than_in_the_document(name: str) -> None:
    texts = [
        f"{entry.title}{entry.author}{entry.excerpt}{entry.content_html}"
        for entry in feed(name).entries
    ]
    texts += [f"{image.alt}{image.caption}{image.credit}" for image in images(name)]
    foreign = {sign for sign in unescape("".join(texts)) if not sign.isascii()} - set(raw(name))
    assert foreign <= {"…"}  # with which we end what we cut


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))
