"""Render a letter: a mail to one reader that says one thing and has one link."""

from collections.abc import Sequence
from typing import Any

from newsletter.config import settings
from newsletter.mail.html import mail_html
from newsletter.mail.logo import logo_address
from newsletter.mail.palette import palette
from newsletter.mail.templates import RenderedMail, fill, one_line
from newsletter.publications.models import Publication
from newsletter.subscriptions.choices_words import ChangedChoice
from newsletter.subscriptions.models import LetterKind

#: How long a confirmation link is good for; the mail says so.
EXPIRES_DAYS = 7

#: Letters set by templates of their own; the others say their words in one and the same.
WITH_BODIES = (LetterKind.CONFIRMATION, LetterKind.ALREADY_CONFIRMED)


def render_letter(
    *,
    kind: LetterKind,
    publication: Publication,
    link: str,
    expires_days: int = EXPIRES_DAYS,
    lasts: int = 0,
    language: str = "",
    leave_url: str = "",
    changes: Sequence[ChangedChoice] = (),
    imported: bool = False,
) -> RenderedMail:
    """Return a letter with its one link and no name in it.

    Args:
        link: where the reader confirms, or changes her preferences, or what else the letter asks.
        lasts: how long the link works, in the unit that the letter speaks of.
        language: the publication's own if not given.
        leave_url: where she unsubscribes, in a letter about a subscription that goes on.
        changes: what was changed, in a letter about that.
        imported: the address to be confirmed was in a file, and asked for nothing here.
    """
    language = language or publication.language
    values: dict[str, Any] = {
        "publication": publication,
        "logo": logo_address(publication.logo, base_url=settings.base_url),
        "link": link,
        "expires_days": expires_days,
        "kind": kind.value,
        "lasts": lasts,
        "leave_url": leave_url,
        "changes": changes,
        "imported": imported,
        "colours": palette(publication.accent),
    }

    def part(name: str) -> str:
        return fill(name, language=language, **values)

    body = kind.value if kind in WITH_BODIES else "letter"
    values["headline"] = one_line(part(f"{kind.value}/subject.txt"))
    return RenderedMail(
        subject=values["headline"],
        html=mail_html(part(f"{body}/body.mjml"), css=part("parts/inline.css")),
        text=part(f"{body}/body.txt").strip() + "\n",
    )
