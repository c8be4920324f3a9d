"""Captions and credits of images: find them, keep them, tell them apart."""

import re

from newsletter.articles.html_tree import Element

_CAPTION_BOX = {
    "wp-caption",
    "tr-caption-container",
    "wp-block-image",
    "kg-image-card",
    "imageBlock",
}
_CAPTION_TEXT = {"wp-caption-text", "tr-caption", "wp-element-caption", "caption-text"}
_CREDIT = re.compile(
    r"^(image|photo|picture|media|wp-caption|caption|img|foto)?[-_]?(credits?|source|courtesy|author|"
    r"attribution)$|^(image|photo|foto)-by$",
    re.IGNORECASE,
)

# The words that introduce whom a picture is by, in the languages feeds come in.
_WHAT = "|".join(
    (
        "image|photo|photograph|picture|pic|illustration|graphic|artwork|video|screenshot|map",
        "foto|fotografía|fotografia|fotografie|bild|abbildung|grafik|illustratie|kuva|zdjęcie",
        "imagen|imagem|immagine|arte|infografía|infográfico|ilustración|ilustração|ilustracja",
        "фото|фотография|изображение|иллюстрация|світлина|снимка|fotoğraf|görsel|beeld|billede",
        "bilde|صورة|الصورة|تصوير|תמונה|צילום|φωτογραφία|εικόνα",
    )
)
_WHOSE = "|".join(
    (
        r"credits?|courtesy(?:\s+of)?|source|copyright|crédits?|créditos?|credito|crediti|kredit",
        "quelle|fuente|fonte|bron|źródło|источник|джерело|kaynak|kilde|källa|lähde|reprodução",
        "divulgação|المصدر|מקור|πηγή",
    )
)
_IDEOGRAPHIC = "照片|圖片來源|图片来源|图源|圖源|来源|來源|图|圖|摄影|攝影|写真|撮影|画像|사진|출처"
_LABEL = (
    rf"(?:(?:{_WHAT})s?[\s-]*(?:{_WHOSE})?|(?:{_WHOSE})(?:[\s-]+(?:{_WHAT})s?)?|"
    rf"via|fot\.|zdj\.|photography|{_IDEOGRAPHIC})"
)
_BY = "|".join(
    (
        r"\s*[:：]\s*|\s+by:?\s+|\s+courtesy\s+of:?\s+|\s+via\s+",
        r"\s+(?:von|de|di|por|par)\s+",
    )
)
_AGENCIES = "|".join(
    (
        r"Getty(?:\s+Images)?|Reuters|AFP|AP(?:\s+Photo)?|Associated\s+Press|EPA(?:-EFE)?|EFE|dpa",
        r"ANSA|TASS|ТАСС|РИА\s+Новости|RIA\s+Novosti|Xinhua|Shutterstock|iStock|Unsplash|Pexels",
        r"Pixabay|Flickr|Wikimedia(?:\s+Commons)?|Alamy|Bloomberg|Magnum(?:\s+Photos)?|NurPhoto",
        r"Agência\s+Brasil|Folhapress|Anadolu(?:\s+Agency)?|PA(?:\s+Images|\s+Wire)?|UPI",
        r"Sipa(?:\s+USA)?|ZUMA(?:\s+Press)?|picture\s+alliance|imago|Keystone|Imaginechina|VCG",
        r"NASA|Handout|Pool",
    )
)
_IN_BRACKETS = re.compile(
    r"^(?P<caption>.*?)\s*[(\[（【](?P<inner>[^()\[\]（）【】]{2,200})[)\]）】]\s*\.?$", re.DOTALL
)
_LABELLED = re.compile(
    rf"^(?:{_LABEL}(?:{_BY})|courtesy\s+of\s+|credits?\s+|©\s*|\(c\)\s*|Copyright\s+)(?P<credit>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_TRAILING = re.compile(
    rf"^(?P<caption>.*?(?:[.!?…。！？\"'”’»)]|\s[|/–—•·-]|\n))\s*"
    rf"(?P<credit>(?:{_LABEL}(?:\s*[:：]|\s+(?:by|courtesy)\s)|©|\(c\)).{{2,200}})$",
    re.IGNORECASE | re.DOTALL,
)
_AGENCY = re.compile(
    rf"^(?P<caption>.*?[.!?…”\"|])\s*(?P<credit>[^.!?|]{{0,80}}?(?:^|[/\s,–—-])(?:{_AGENCIES}))\s*\.?$",
    re.DOTALL,
)
_ONLY_AGENCY = re.compile(
    rf"(?:[^.!?]{{2,80}}/\s*(?:via\s+)?)?(?:{_AGENCIES})(?:\s*/[^.!?]{{2,80}}|\s+via\s+[^.!?]{{2,80}})*",
    re.DOTALL,
)


def split_credit(text: str) -> tuple[str, str]:
    """Split the text under an image into what it shows and whom it is by."""
    text = " ".join(text.split())
    if not text or len(text) > 2000:
        return text, ""
    bracketed = _IN_BRACKETS.match(text)
    if bracketed and (credit := _credit(bracketed["inner"])):
        return bracketed["caption"].strip(), credit
    labelled = _LABELLED.match(text)
    if labelled and len(labelled["credit"]) <= 120:
        return "", _tidy(labelled["credit"])
    for pattern in (_TRAILING, _AGENCY):
        found = pattern.match(text)
        if found and (credit := _credit(found["credit"])):
            return re.sub(r"[\s|/–—•·-]+$", "", found["caption"]), credit
    return ("", _tidy(text)) if _ONLY_AGENCY.fullmatch(text) else (text, "")


def _credit(text: str) -> str:
    """Return the name in a credit, or nothing if the text is no credit."""
    labelled = _LABELLED.match(text.strip())
    if labelled:
        return _tidy(labelled["credit"])
    return _tidy(text) if _ONLY_AGENCY.fullmatch(text.strip()) else ""


def _tidy(credit: str) -> str:
    credit = credit.strip(" \t|–—•·:;,")
    # A full stop ends the sentence, not the name; initials and "Inc." keep theirs.
    if credit.endswith(".") and not re.search(r"\b(\w|Inc|Ltd|Co|Jr|Sr|et al)\.$", credit):
        credit = credit[:-1]
    if credit.endswith(")") and "(" not in credit:
        credit = credit[:-1]
    return credit


def shape_figures(tree: Element) -> None:
    """Turn every way of captioning an image into figure, img, figcaption and cite."""

    def change(element: Element) -> list[Element | str] | None:
        if element.tag == "figure" or element.classes & _CAPTION_BOX:
            return _figure(element)
        return None

    tree.replace(change)


def _figure(element: Element) -> list[Element | str] | None:
    images = _images_with_links(element)
    if element.find("figure"):
        return None if element.tag == "figure" else element.children
    if not images:
        return None if element.find("figcaption") else element.children
    caption = next((each for each in element.walk() if _is_caption(each)), None)
    credit = next(
        (each for each in element.walk() if any(map(_CREDIT.match, each.classes)) and each.text()),
        None,
    )
    if element.tag != "figure" and caption is None and credit is None:
        return None
    figure = Element("figure", _direction(element), [*images])
    words = _caption_children(caption, credit)
    if words:
        figure.children.append(Element("figcaption", _direction(caption or element), words))
    return [figure]


def _images_with_links(element: Element) -> list[Element]:
    """Collect the images, each within its own link where it has one."""
    found: list[Element] = []

    def collect(parent: Element) -> None:
        for child in parent.children:
            if not isinstance(child, Element) or _is_caption(child):
                continue
            if child.tag == "img":
                found.append(child)
            elif child.tag == "a" and child.find("img"):
                found.append(Element("a", child.attrs, [*child.find("img")]))
            else:
                collect(child)

    collect(element)
    return found


def _is_caption(element: Element) -> bool:
    return element.tag == "figcaption" or bool(element.classes & _CAPTION_TEXT)


def _direction(element: Element) -> dict[str, str]:
    return {name: element.attrs[name] for name in ("dir", "lang") if element.attrs.get(name)}


def _caption_children(caption: Element | None, credit: Element | None) -> list[Element | str]:
    """Join caption and credit; the credit is marked with cite and stands last in brackets."""
    words: list[Element | str] = list(caption.children) if caption else []
    if credit is None:
        return words
    if caption and credit in list(caption.walk()):
        _drop(caption, credit)
        words = list(caption.children)
    name = credit.text().strip(" ()[]")
    said = caption.text() if caption else ""
    if name and name in said:
        return words
    cite = Element("cite", {}, [name])
    return [*words, " (", cite, ")"] if said else [cite]


def _drop(tree: Element, unwanted: Element) -> None:
    tree.replace(lambda element: [" "] if element is unwanted else None)
