"""The templates of mails: found, filled and put into the reader's language."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from newsletter.languages import catalogue, language_tag, locale_of
from newsletter.mail.text_layout import shorten, tied, wrap

__all__ = ["RenderedMail", "fill", "language_tag", "locale_of", "one_line"]

_TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "email"
_ESCAPED = ("mjml", "html")


@dataclass(frozen=True, kw_only=True)
class RenderedMail:
    """What a mail says, before it is compiled: a subject of one line and both parts."""

    subject: str
    html: str
    text: str


def fill(name: str, *, language: str, **values: Any) -> str:
    """Return the template `name` (under templates/email) filled with `values`.

    Values are escaped in MJML and HTML and literal elsewhere; a missing one is an error. Text
    that looks like a template stays text, for values are never read as templates.
    """
    locale = locale_of(language)
    template = _environment(str(locale)).get_template(name)
    return template.render(
        language=language_tag(language),
        direction=locale.text_direction,
        # What may be in another script, such as a name, finds its own direction in such a mail.
        auto=Markup(' dir="auto"') if locale.text_direction == "rtl" else "",
        **values,
    )


def one_line(text: str) -> str:
    """Return text for a subject: line ends and controls cannot reach a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@cache
def _environment(locale: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(_ESCAPED, default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.filters |= {"wrap": wrap, "shorten": shorten, "tied": tied}
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(catalogue(locale), newstyle=True)  # type: ignore[attr-defined]
    return environment
