"""The CSS of mails, read as mail programs read it."""

import pytest

from newsletter.articles.html_tree import Element
from newsletter.digests.mail_css import declarations, rules, selector_of
from newsletter.digests.mail_features import features_of
from newsletter.digests.mail_tree import read_mail


def test_declarations_are_split_where_they_end() -> None:
    style = "Color:#FFF; background:url('a;b:c') ;font:12px/1 \"X; Y\",serif"
    assert declarations(style) == (
        ("color", "#FFF"),
        ("background", "url('a;b:c')"),
        ("font", '12px/1 "X; Y",serif'),
    )


def test_rules_know_what_stands_around_them() -> None:
    sheet = "/* a { b: c } */ p, .x .y { a: 1 } @media print { @supports (d: e) { q { b: 2 } } }"
    plain, deep = rules(sheet)
    assert (plain.around, plain.selectors) == ((), ("p", ".x .y"))
    assert (deep.around, deep.selectors) == (("@media print", "@supports (d: e)"), ("q",))
    assert deep.declarations == (("b", "2"),)


@pytest.mark.parametrize(
    ("selector", "means"),
    [
        ("p", True),
        (".a p", True),
        (".a .b p", True),
        (".b .a p", False),
        ("td.a p.c", True),
        (".a", False),
        ("p.d", False),
    ],
)
def test_a_selector_means_the_last_of_a_way(selector: str, means: bool) -> None:
    way = [
        Element("td", {"class": "a"}),
        Element("div", {"class": "b"}),
        Element("p", {"class": "c"}),
    ]
    found = selector_of(selector)
    assert found is not None
    assert found.means(way) is means


@pytest.mark.parametrize("selector", [":root", "a > b", "p::before", "[lang]", "*"])
def test_other_selectors_are_not_read(selector: str) -> None:
    assert selector_of(selector) is None


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ('<p style="display:flex">', "css-display-flex"),
        ('<p style="width:calc(1px + 2vw)">', "css-unit-calc"),
        ('<p style="width:calc(1px + 2vw)">', "css-unit-vw"),
        ('<p style="margin-inline-start:1em">', "css-margin-inline-start-end"),
        ('<p style="--x:1;color:var(--x)">', "css-variables"),
        ('<p style="top:0">', "css-left-right-top-bottom"),
        ('<p style="width:50% !important">', "css-important"),
        ('<p style="width:50% !important">', "css-unit-percent"),
        ("<style>@media (prefers-color-scheme:dark){a{b:c}}</style>",
         "css-at-media-prefers-color-scheme"),
        ('<style media="print">a{b:c}</style>', "css-at-media"),
        ("<style>@font-face{font-family:X}</style>", "css-at-font-face"),
        ("<style>@import url(x);</style>", "css-at-import"),
        ("<style>a:hover{b:c}</style>", "css-pseudo-class-hover"),
        ("<style>a::after{b:c}</style>", "css-pseudo-element-after"),
        ("<style>a > b{b:c}</style>", "css-selector-child"),
        ("<style>.a.b{b:c}</style>", "css-selector-chaining"),
        ("<section>", "html-semantics"),
        ("<ul>", "html-lists"),
        ('<a href="#x">', "html-anchor-links"),
        ('<a href="mailto:x@example.org">', "html-mailto-links"),
        ('<img srcset="x 2x">', "html-srcset"),
        ('<input type="checkbox">', "html-input-checkbox"),
        ('<meta name="color-scheme" content="light">', "html-meta-color-scheme"),
        ("<!DOCTYPE html>", "html-doctype"),
    ],
)  # fmt: skip
def test_a_feature_is_found_where_it_is_used(html: str, name: str) -> None:
    assert name in features_of(read_mail(html))


def test_what_only_outlook_reads_is_not_counted() -> None:
    html = '<!--[if mso]><p style="display:grid"></p><![endif]--><p style="mso-hide:all">x</p>'
    assert features_of(read_mail(html)) == {"html-p", "html-style"}
