"""Render a letter: the mail that asks for confirmation, or says that there is none to give."""

from newsletter.config import settings
from newsletter.mail.html import mail_html
from newsletter.mail.logo import logo_address
from newsletter.mail.palette import palette
from newsletter.mail.templates import RenderedMail, fill, one_line
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import LetterKind

#: How long a confirmation link is good for; the mail says so.
EXPIRES_DAYS = 7


def render_letter(
    *,
    kind: LetterKind,
    publication: Publication,
    link: str,
    expires_days: int = EXPIRES_DAYS,
    language: str = "",
) -> RenderedMail:
    """Return a letter with its one link and no name in it.

    Args:
        link: where the reader confirms, or where she changes her preferences.
        language: the publication's own if not given.
    """
    language = language or publication.language
    values = {
        "publication": publication,
        "logo": logo_address(publication.logo, base_url=settings.base_url),
        "link": link,
        "expires_days": expires_days,
        "colours": palette(publication.accent),
    }

    def part(name: str) -> str:
        return fill(name, language=language, **values)

    return RenderedMail(
        subject=one_line(part(f"{kind.value}/subject.txt")),
        html=mail_html(part(f"{kind.value}/body.mjml"), css=part("parts/inline.css")),
        text=part(f"{kind.value}/body.txt").strip() + "\n",
    )
