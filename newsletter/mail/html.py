"""MJML to the HTML of a mail: compiled, its prose set in, its styles inlined."""

import re
from collections.abc import Mapping

import css_inline
import mjml

from newsletter.errors import PermanentError

_MJML_TAG = re.compile(r"</?mj-[a-z-]*")


class UnusableMarkup(PermanentError):
    """A mail template that MJML cannot make sense of."""


def mail_html(source: str, *, css: str, prose: Mapping[str, str] | None = None) -> str:
    """Return the HTML of a mail.

    Args:
        source: the filled MJML template.
        css: rules written into the elements, for clients that drop style sheets. Rules of
            `mj-style` (dark palette, narrow screens) stay in the head.
        prose: HTML set in place of alphanumeric marks, after MJML: its parser expects XML-like
            markup, and what sites write is not.

    MJML drops or passes on a tag it does not know, so one that is left is an error here.
    """
    try:
        html: str = mjml.mjml2html(source)
    except Exception as error:  # noqa: BLE001  # the binding raises bare exceptions
        raise UnusableMarkup(f"A mail template cannot be read: {error}") from None
    if unknown := _MJML_TAG.search(html):
        raise UnusableMarkup(f"A mail template holds {unknown[0]}>, which MJML does not know.")
    # A landmark: readers of screens then jump to the mail itself, past what surrounds it.
    html = html.replace(' role="article" ', ' role="main" ', 1)
    for mark, markup in (prose or {}).items():
        html = html.replace(mark, markup)
    # Nothing is fetched. Only `css` is inlined; style elements, which are media queries, stay
    # as they are (with keep_at_rules besides, css-inline 0.24 leaves extra_css out).
    inliner = css_inline.CSSInliner(
        extra_css=css,
        inline_style_tags=False,
        keep_style_tags=True,
        minify_css=True,
        load_remote_stylesheets=False,
    )
    return str(inliner.inline(html))
