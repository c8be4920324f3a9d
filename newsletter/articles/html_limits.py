"""Recognise HTML that is made to exhaust a parser, before one reads it."""

import re
from collections import Counter

DEEPEST = 300
MOST_WORK = 1_000_000

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
# These close themselves, so leaving them open is ordinary.
_UNCLOSED = {
    *("p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "br", "hr"),
    *("img", "wbr", "source", "input", "embed", "col", "colgroup", "area", "link", "meta", "param"),
}


def is_hostile(markup: str) -> bool:
    """Tell whether elements nest deeper, or are re-opened more often, than any article's.

    Parsers take time with the square of the nesting, and HTML's rules re-open formatting that
    was left open in every later paragraph.
    """
    still_open: Counter[str] = Counter()
    depth = work = 0
    for closing, name in _TAG.findall(markup):
        tag = name.lower()
        if closing:
            if still_open[tag]:
                still_open[tag] -= 1
                depth -= 1
            continue
        if tag not in _UNCLOSED:
            still_open[tag] += 1
            depth += 1
        work += depth
        if depth > DEEPEST or work > MOST_WORK:
            return True
    return False
