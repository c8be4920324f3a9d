"""Bring loose text, line breaks and nested boxes into plain paragraphs."""

import re

from newsletter.articles.html_tree import INLINE, Element

CONTAINERS = {
    *("div", "section", "article", "main", "header", "footer", "aside", "center", "details"),
    *("summary", "address", "noscript"),
}
_LOOSE = {"li", "td", "th", "dd", "dt", "figcaption", "caption"}
_RENAMED = {"strike": "s", "tt": "code", "font": "span", "big": "span"}
_ONLY_ELEMENTS = {
    "ul",
    "ol",
    "dl",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "figure",
    "blockquote",
}
_FILLED = {"img", "hr", "td", "th", "br"}

Nodes = list[Element | str]


def shape_blocks(tree: Element) -> None:
    """Make every top-level node a block, every box transparent, and drop what is empty."""
    tree.children = _blocks(tree.children)
    _tidy_inline(tree)
    _prune(tree)


def _blocks(nodes: Nodes, inherited: dict[str, str] | None = None) -> Nodes:
    """Return blocks only; `inherited` is the dir and lang of the boxes around."""
    result: Nodes = []
    run: Nodes = []

    def flush() -> None:
        result.extend(Element("p", dict(inherited or {}), part) for part in _paragraphs(run))
        run.clear()

    for node in nodes:
        if isinstance(node, str) or node.tag == "br" or (_is_inline(node) and not _has_block(node)):
            run.append(node)
            continue
        flush()
        result.extend(_block(node, inherited or {}))
    flush()
    return result


def _block(node: Element, inherited: dict[str, str]) -> Nodes:
    direction = inherited | _direction(node)
    if node.tag in CONTAINERS:
        return _blocks(node.children, direction)
    if _is_inline(node):
        return [_around(block, node) for block in _blocks(node.children, direction)]
    node.attrs = direction | node.attrs
    if node.tag == "p":
        return [Element("p", dict(node.attrs), part) for part in _paragraphs(node.children)]
    if node.tag == "blockquote":
        node.children = _blocks(node.children)
    else:
        _loosen(node)
    return [node]


def _loosen(node: Element) -> None:
    """Make boxes inside list items, cells and captions transparent."""
    children: Nodes = []
    for child in node.children:
        if isinstance(child, Element):
            _loosen(child)
            transparent = child.tag in CONTAINERS or (
                child.tag == "p" and node.tag in _LOOSE - {"li", "td", "th", "dd"}
            )
            if transparent:
                children.extend([" ", *child.children, " "])
                continue
        children.append(child)
    node.children = children


def _paragraphs(run: Nodes) -> list[Nodes]:
    """Split at two or more line breaks in a row; a single one stays."""
    parts: list[Nodes] = [[]]
    breaks: Nodes = []
    for node in run:
        if isinstance(node, Element) and node.tag == "br":
            breaks.append(node)
        elif isinstance(node, str) and not node.strip() and breaks:
            continue
        else:
            if len(breaks) > 1:
                parts.append([])
            elif parts[-1]:
                parts[-1].extend(breaks)
            breaks = []
            parts[-1].append(node)
    return [part for part in parts if any(not isinstance(n, str) or n.strip() for n in part)]


def _around(block: Element | str, inline: Element) -> Element | str:
    """Move a link or an emphasis from around a block to inside of it."""
    if isinstance(block, Element) and re.fullmatch(r"p|h[1-6]", block.tag):
        block.children = [Element(inline.tag, dict(inline.attrs), block.children)]
    return block


def _is_inline(node: Element) -> bool:
    return node.tag in INLINE


def _has_block(node: Element) -> bool:
    return any(each.tag not in INLINE and each.tag != "br" for each in node.walk())


def _direction(node: Element) -> dict[str, str]:
    return {name: node.attrs[name] for name in ("dir", "lang") if node.attrs.get(name)}


def _tidy_inline(tree: Element) -> None:
    """Rename outdated tags and unwrap spans that say nothing."""

    def change(element: Element) -> Nodes | None:
        element.tag = _RENAMED.get(element.tag, element.tag)
        if element.tag == "span" and not _direction(element):
            return element.children
        return None

    tree.replace(change)


def _prune(tree: Element) -> None:
    """Drop elements without content, and white space and breaks at the edges of blocks."""

    def change(element: Element) -> Nodes | None:
        if element.tag == "pre":
            _trim_pre(element)
        elif element.tag not in INLINE:
            _trim(element)
        if element.tag in _FILLED or element.find(*_FILLED - {"br"}) or element.text():
            return None
        return [" "] if element.tag in INLINE else []

    tree.replace(change)
    tree.children = [each for each in tree.children if isinstance(each, Element) or each.strip()]


def _trim(element: Element) -> None:
    children = element.children
    if element.tag in _ONLY_ELEMENTS:
        children[:] = [each for each in children if not isinstance(each, str) or each.strip()]
    first, last = 0, len(children)
    while first < last and _is_blank(children[first]):
        first += 1
    while last > first and _is_blank(children[last - 1]):
        last -= 1
    children[:] = children[first:last]
    if children and isinstance(children[0], str):
        children[0] = children[0].lstrip()
    if children and isinstance(end := children[-1], str):
        children[-1] = end.rstrip()


def _trim_pre(element: Element) -> None:
    # HTML ignores one line break after <pre>; more of them would vanish one per reading.
    if element.children and isinstance(element.children[0], str):
        element.children[0] = element.children[0].lstrip("\n")


def _is_blank(node: Element | str) -> bool:
    return not node.strip() if isinstance(node, str) else node.tag == "br"
