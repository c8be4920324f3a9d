"""Markers: unchanged by the programs that mail HTML goes through."""

import css_inline
from mjml import mjml2html

from newsletter.mail.markers import Markers, Placeholder

MARKERS = Markers.fresh()


def placeholders(html):
    return [piece for piece in MARKERS.split(html) if isinstance(piece, Placeholder)]


def test_markers_pass_through_mjml_and_css_inlining():
    url, name = MARKERS.marker(Placeholder.UNSUBSCRIBE_URL), MARKERS.marker(Placeholder.NAME)
    rendered = mjml2html(
        "<mjml><mj-body><mj-section><mj-column>"
        f'<mj-text>Dear {name}, <a href="{url}">end this</a></mj-text>'
        f'<mj-button href="{url}">End</mj-button>'
        "</mj-column></mj-section></mj-body></mjml>"
    )
    inlined = css_inline.CSSInliner(load_remote_stylesheets=False).inline(
        str(getattr(rendered, "html", rendered))
    )
    assert placeholders(inlined) == [
        Placeholder.NAME,
        Placeholder.UNSUBSCRIBE_URL,
        Placeholder.UNSUBSCRIBE_URL,
    ]
    assert f'href="{url}"' in inlined


def test_every_placeholder_is_told_from_every_other():
    content = " ".join(MARKERS.marker(token) for token in Placeholder)
    assert placeholders(content) == list(Placeholder)
