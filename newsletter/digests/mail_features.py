"""The features of HTML and CSS that a mail uses, by the names that caniemail gives them."""

import re
from collections.abc import Iterable, Iterator

from newsletter.articles.html_tree import Element
from newsletter.digests.mail_css import IMPORTANT, Rule, declarations, rules

_UNIT = re.compile(r"(?<![\w#-])[-+]?(?:\d+\.?\d*|\.\d+)(%|[a-z]+)", re.IGNORECASE)
_FUNCTION = re.compile(r"([a-z-]+)\(", re.IGNORECASE)
_PSEUDO = re.compile(r"(::?)([a-z-]+)")
_CHAINED = re.compile(r"[.#][\w-]+[.#]")

_SEMANTIC = frozenset(
    {
        *("article", "aside", "details", "figcaption", "figure", "footer", "header", "main"),
        *("mark", "nav", "section", "summary", "time"),
    }
)
_TAGS = (
    dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "html-h1-h6")
    | dict.fromkeys(("ul", "ol", "dl"), "html-lists")
    | dict.fromkeys(_SEMANTIC, "html-semantics")
    | dict.fromkeys(("map", "area"), "html-image-maps")
    | {"!doctype": "html-doctype"}
)
_ATTRIBUTES = {
    "srcset": "html-srcset",
    "sizes": "html-srcset",
    "loading": "html-loading-attribute",
}
_PROPERTIES = (
    dict.fromkeys(("left", "right", "top", "bottom"), "css-left-right-top-bottom")
    | dict.fromkeys(("gap", "row-gap", "column-gap"), "css-gap")
    | dict.fromkeys(("block-size", "inline-size"), "css-block-inline-size")
    | {
        f"{box}-{line}{side}": f"css-{box}-{line}-start-end" if side else f"css-{box}-inline-block"
        for box in ("margin", "padding")
        for line in ("inline", "block")
        for side in ("", "-start", "-end")
    }
    | {f"grid-template-{what}": "css-grid-template" for what in ("areas", "columns", "rows")}
)
_FUNCTIONS = {
    "calc": "css-unit-calc",
    "var": "css-variables",
    **{name: f"css-function-{name}" for name in ("clamp", "min", "max", "light-dark")},
    **{name: f"css-{name}" for name in ("rgb", "rgba")},
    **{f"{kind}-gradient": f"css-{kind}-gradient" for kind in ("linear", "radial", "conic")},
    **dict.fromkeys(("lab", "lch", "oklab", "oklch"), "css-modern-color"),
}
_WORDS = {
    "initial": "css-unit-initial",
    **dict.fromkeys(("fit-content", "min-content", "max-content"), "css-intrinsic-size"),
    **dict.fromkeys(
        ("system-ui", "ui-serif", "ui-sans-serif", "ui-rounded", "ui-monospace"), "css-sytem-ui"
    ),
}
_MEDIA = ("prefers-color-scheme", "prefers-reduced-motion", "orientation", "hover")
_COMBINATORS = {
    ">": "css-selector-child",
    "+": "css-selector-adjacent-sibling",
    "~": "css-selector-general-sibling",
    "[": "css-selector-attribute",
    "*": "css-selector-universal",
    "#": "css-selector-id",
}


def features_of(tree: Element) -> set[str]:
    """Return the names of all features used; caniemail need not know each of them."""
    found: set[str] = set()
    for element in tree.walk():
        found.update(_of_element(element))
        if element.tag == "style":
            sheet = "".join(child for child in element.children if isinstance(child, str))
            found.update(_of_sheet(sheet, media=element.attrs.get("media", "")))
    return found


def _of_element(element: Element) -> Iterator[str]:
    attrs = element.attrs
    yield _TAGS.get(element.tag, f"html-{element.tag}")
    for name in attrs:
        yield _ATTRIBUTES.get(name, f"html-{name}")
    if element.tag == "meta" and attrs.get("name") == "color-scheme":
        yield "html-meta-color-scheme"
    if element.tag in ("input", "button"):
        yield f"html-{element.tag}-{attrs.get('type', 'text')}"
    if element.tag == "a" and attrs.get("href", "").startswith("#"):
        yield "html-anchor-links"
    if element.tag == "a" and attrs.get("href", "").startswith("mailto:"):
        yield "html-mailto-links"
    yield from _of_declarations(declarations(attrs.get("style", "")))


def _of_sheet(sheet: str, *, media: str) -> Iterator[str]:
    around = (f"@media {media}",) if media else ()
    if "@import" in sheet:
        yield "css-at-import"
    for rule in rules(sheet, around=around):
        yield from _of_rule(rule)


def _of_rule(rule: Rule) -> Iterator[str]:
    for head in rule.around:
        yield f"css-at-{head[1:].split(maxsplit=1)[0].split('(')[0]}"
        if head.startswith("@media"):
            yield from (f"css-at-media-{name}" for name in _MEDIA if name in head)
            if "device-pixel-ratio" in head:
                yield "css-at-media-device-pixel-ratio"
    for selector in rule.selectors:
        yield from (name for sign, name in _COMBINATORS.items() if sign in selector)
        if _CHAINED.search(selector):
            yield "css-selector-chaining"
        for colons, name in _PSEUDO.findall(selector):
            yield f"css-pseudo-{'element' if colons == '::' else 'class'}-{name}"
    yield from _of_declarations(rule.declarations)


def _of_declarations(found: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in found:
        if name.startswith("--"):
            yield "css-variables"
        elif name.startswith(("-", "mso-")):
            continue  # for one program alone, which is the one that knows it
        else:
            yield _PROPERTIES.get(name, f"css-{name}")
            yield from _of_value(name, value.lower())


def _of_value(name: str, value: str) -> Iterator[str]:
    if IMPORTANT in value:
        yield "css-important"
        value = value.replace(IMPORTANT, "").strip()
    if name == "display":
        yield f"css-display-{value}"
    for unit in _UNIT.findall(value):
        yield f"css-unit-{'percent' if unit == '%' else unit}"
    for function in _FUNCTION.findall(value):
        if function in _FUNCTIONS:
            yield _FUNCTIONS[function]
    for word in re.split(r"[\s,]+", value):
        if word in _WORDS:
            yield _WORDS[word]
