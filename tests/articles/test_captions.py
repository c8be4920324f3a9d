"""Telling a caption from its credit."""

import pytest

from newsletter.articles.captions import split_credit
from newsletter.articles.clean import clean
from newsletter.articles.images import images_of
from newsletter.articles.models import ArticlePicture


@pytest.mark.parametrize(
    ("text", "caption", "credit"),
    [
        ("Port. (Image Credit: Ministry of Ports/via X)", "Port.", "Ministry of Ports/via X"),
        ("The port at dawn. (Image Credit: X/@port_news)", "The port at dawn.", "X/@port_news"),
        ("The port at dawn (Photo by Ana Lopes)", "The port at dawn", "Ana Lopes"),
        ("The port at dawn. Photo: Ana Lopes", "The port at dawn.", "Ana Lopes"),
        ("The port at dawn. Photo: Ana Lopes.", "The port at dawn.", "Ana Lopes"),
        ("The port at dawn | Photo: Ana Lopes", "The port at dawn", "Ana Lopes"),
        ("The port at dawn. Credit: Ana Lopes/Reuters", "The port at dawn.", "Ana Lopes/Reuters"),
        ("Photo by Ana Lopes", "", "Ana Lopes"),
        ("Photograph: Ana Lopes/The Paper", "", "Ana Lopes/The Paper"),
        ("Der Hafen am Morgen. Foto: Ana Lopes/dpa", "Der Hafen am Morgen.", "Ana Lopes/dpa"),
        ("O porto (Foto: Ana Lopes/Agência Exemplo)", "O porto", "Ana Lopes/Agência Exemplo"),
        ("Порт на рассвете. Фото: Анна Иванова / ТАСС", "Порт на рассвете.", "Анна Иванова / ТАСС"),
        ("Le port à l’aube. Crédit photo : Ana Lopes", "Le port à l’aube.", "Ana Lopes"),
        ("Le port à l’aube. © Ana Lopes", "Le port à l’aube.", "Ana Lopes"),
        ("© Ana Lopes", "", "Ana Lopes"),
        ("El puerto. Fuente: Ana Lopes", "El puerto.", "Ana Lopes"),
        ("清晨的港口。图片来源：新华社", "清晨的港口。", "新华社"),
        ("الميناء عند الفجر. المصدر: رويترز", "الميناء عند الفجر.", "رويترز"),
        ("The port at dawn. Ana Lopes/Getty Images", "The port at dawn.", "Ana Lopes/Getty Images"),
        ("The port at dawn (Ana Lopes / Reuters)", "The port at dawn", "Ana Lopes / Reuters"),
        ("Ana Lopes/AFP via Getty Images", "", "Ana Lopes/AFP via Getty Images"),
        ("Image courtesy of the Port Museum", "", "the Port Museum"),
        ("Port. Image: A. (left) and B. Costa (right)", "Port.", "A. (left) and B. Costa (right)"),
    ],
)  # fmt: skip
def test_the_credit_is_split_off(text: str, caption: str, credit: str) -> None:
    assert split_credit(text) == (caption, credit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The port at dawn.",
        "The minister (left) and her deputy (right)",
        "Rodrigo Mendes (ABC), who wants the presidency",
        "A photo of the old port, taken by nobody knows whom",
        "The port credits the storm for its fame.",
        "Christmas party with friends, 2011",
        "Video shows: nothing at all",
        "Image processing at the observatory",
    ],
)
def test_a_caption_without_credit_stays_whole(text: str) -> None:
    assert split_credit(text) == (text, "")


IMG = '<img src="/a.jpg">'


@pytest.mark.parametrize(
    "markup",
    [
        f'<figure class="wp-block-image">{IMG}'
        "<figcaption>At dawn. (Photo: Ana)</figcaption></figure>",
        f'<div class="wp-caption"><a href="/big.jpg">{IMG}</a>'
        '<p class="wp-caption-text">At dawn. Photo: Ana</p></div>',
        f"<figure>{IMG}<figcaption>At dawn. "
        '<span class="image-credit">Ana</span></figcaption></figure>',
        '<figure><div class="x"><div class="inline-image-source image-source">Ana</div>'
        f"{IMG}</div><figcaption>At dawn.</figcaption></figure>",
        f'<table class="tr-caption-container"><tbody><tr><td>{IMG}</td></tr>'
        '<tr><td class="tr-caption">At dawn. Credit: Ana</td></tr></tbody></table>',
    ],
)
def test_every_way_of_captioning_gives_caption_and_credit(markup: str) -> None:
    (image,) = images_of(clean(markup, base_url="https://e.org/"))
    assert (image.url, image.caption, image.credit) == ("https://e.org/a.jpg", "At dawn.", "Ana")


def test_each_image_of_a_gallery_keeps_its_own_caption() -> None:
    one = '<figure><img src="/a.jpg"><figcaption>A</figcaption></figure>'
    two = '<figure><img src="/b.jpg"><figcaption>B</figcaption></figure>'
    markup = f'<figure class="wp-block-gallery">{one}{two}</figure>'
    found = images_of(clean(markup, base_url="https://e.org/"))
    assert [(each.url[-5:], each.caption) for each in found] == [("a.jpg", "A"), ("b.jpg", "B")]


@pytest.mark.parametrize(
    ("caption", "credit", "line"),
    [
        ("The lower gate", "Rui Example", "The lower gate."),
        ("The lower gate.", "Rui Example", "The lower gate."),
        ("“Who goes there?”", "Rui Example", "“Who goes there?”"),
        ("The “gate”", "Rui Example", "The “gate”."),
        ("The lower gate", "", "The lower gate"),
        ("", "Rui Example", ""),
    ],
)
def test_a_caption_ends_where_the_credit_begins(caption: str, credit: str, line: str) -> None:
    assert ArticlePicture(caption=caption, credit=credit).caption_line == line
