"""Preflight of how a mail looks: colours that can be read, and CSS that mail programs know."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter.articles.html_tree import Element
from newsletter.digests.client_support import ACCEPTED, unsupported
from newsletter.digests.mail_css import IMPORTANT, Selector, declarations, rules, selector_of
from newsletter.digests.mail_features import features_of
from newsletter.digests.mail_tree import paths
from newsletter.digests.preflight import Finding, Level, Mend, Specimen
from newsletter.mail.palette import INVERTED_PAPER, PAPER, READABLE, contrast, inverted

#: Below this nobody reads it with ease (WCAG 2.2 §1.4.3 asks for as much of large text).
POOR = 3.0
_HEX = re.compile(r"#(?:[0-9a-f]{3}){1,2}\b")
_NAMES = {"white": "#ffffff", "black": "#000000"}
_SHOWN = 40

_PALETTES = {
    "light": "In the light palette",
    "dark": "In the dark palette",
    # Gmail's apps among them: they ask for no dark palette and make one themselves.
    "inverted": "Where a mail program turns light and dark round,",
}


def check_look(mail: Specimen) -> Iterator[Finding]:
    """Examine every palette, and what is used against what mail programs know."""
    light = _written(mail, [])
    yield from _contrast("light", light)
    yield from _contrast("dark", _written(mail, _dark_rules(mail.tree)))
    readable = {pair: words for pair, words in light.items() if contrast(*pair) >= READABLE}
    yield from _contrast("inverted", {_turned(*pair): words for pair, words in readable.items()})
    for one in unsupported(features_of(mail.tree) - ACCEPTED.keys()):
        yield Finding(
            f"unsupported {one.name}",
            Level.WARNING,
            f"The mail uses {one.title}, which {_listed(one.without)} "
            f"{'does' if len(one.without) == 1 else 'do'} without.",
            Mend.OPERATOR,
        )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


@dataclass(frozen=True, slots=True)
class _DarkRule:
    selector: Selector
    colour: str
    ground: str


def _dark_rules(tree: Element) -> list[_DarkRule]:
    """Return the rules of the dark palette, the weightiest last."""
    found = []
    for style in tree.find("style"):
        for rule in rules("".join(one for one in style.children if isinstance(one, str))):
            if any("prefers-color-scheme: dark" in head for head in rule.around):
                said = dict(rule.declarations)
                colour, ground = _important(said, "color"), _important(said, "background-color")
                selectors = filter(None, map(selector_of, rule.selectors))
                found += [_DarkRule(one, colour, ground) for one in selectors if colour or ground]
    return sorted(found, key=lambda one: one.selector.weight)


def _important(said: dict[str, str], name: str) -> str:
    value = said.get(name, "")
    return _colour(value.removesuffix(IMPORTANT)) if IMPORTANT in value else ""


def _written(mail: Specimen, dark: list[_DarkRule]) -> dict[tuple[str, str], str]:
    """Return each pair of colour and ground, with the first words that are written so."""
    found: dict[tuple[str, str], str] = {}
    colours: list[tuple[str, str]] = []
    for way in paths(mail.body):
        del colours[len(way) - 1 :]
        inherited = colours[-1] if colours else ("#000000", "#ffffff")
        colours.append(_colours_of(way, inherited, dark))
        words = "".join(one for one in way[-1].children if isinstance(one, str)).strip()
        if words and way[-1].tag not in ("style", "script"):
            found.setdefault(colours[-1], words)
    return found


def _turned(colour: str, ground: str) -> tuple[str, str]:
    """Return both as such a program shows them; paper becomes a ground that is not quite black."""
    is_paper = ground.upper() == PAPER
    return inverted(colour), INVERTED_PAPER if is_paper else inverted(ground)


def _contrast(scheme: str, pairs: Mapping[tuple[str, str], str]) -> Iterator[Finding]:
    for (colour, ground), words in pairs.items():
        ratio = contrast(colour, ground)
        if ratio < READABLE:
            yield Finding(
                f"contrast {scheme} {colour} {ground}",
                Level.ERROR if ratio < POOR else Level.WARNING,
                f"{_PALETTES[scheme]} “{words[:_SHOWN]}” is hard to read: "
                f"its contrast is {ratio:.1f}, and at least {READABLE} is needed.",
                Mend.SETTINGS,
                field="accent",
            )


def _colours_of(
    way: Sequence[Element], inherited: tuple[str, str], dark: list[_DarkRule]
) -> tuple[str, str]:
    colour, ground = inherited
    attrs = way[-1].attrs
    ground = _colour(attrs.get("bgcolor", "")) or ground
    for name, value in declarations(attrs.get("style", "")):
        if name == "color":
            colour = _colour(value) or colour
        elif name in ("background", "background-color"):
            ground = _colour(value) or ground
    for rule in dark:
        if rule.selector.means(way):
            colour, ground = rule.colour or colour, rule.ground or ground
    return colour, ground


def _colour(value: str) -> str:
    """Return a colour as `#rrggbb`; empty if it is written otherwise, or none."""
    value = value.strip().lower()
    match = _HEX.search(value)
    if match is None:
        return next((code for name, code in _NAMES.items() if name in value.split()), "")
    digits = match[0][1:]
    return f"#{digits if len(digits) == 6 else ''.join(2 * one for one in digits)}"
