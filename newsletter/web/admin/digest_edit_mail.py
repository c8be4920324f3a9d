"""The preview beside the form: the saved draft as somebody's mail program would show it."""

import re
from dataclasses import dataclass
from html import escape
from typing import Any

from flask import Response, flash, request
from markupsafe import Markup

from newsletter.clock import utc_now
from newsletter.digests.budget import BUDGET, MailTooLarge
from newsletter.digests.models import Digest
from newsletter.digests.preview import NothingForThem, Standing, render_preview
from newsletter.extensions import db
from newsletter.mail.markers import Markers
from newsletter.publications.models import Topic
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.search import ReaderFilter, find_readers
from newsletter.web.access import staff
from newsletter.web.admin.asked import asked_number
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.digest_preview import filled, in_palette
from newsletter.web.admin.publication_choice import of_publication
from newsletter.web.admin.sandbox import sandboxed
from newsletter.web.admin.typed import typed

#: How the mail is looked at.
VIEWS = {"desktop": "Desktop", "phone": "Phone", "dark": "Dark", "text": "Text"}

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)

_NOTE = "font:14px/20px Helvetica,Arial,sans-serif;padding:12px 16px;"
_PAGE = (
    '<!doctype html><html lang="en"><head><title>Preview</title></head>'
    '<body style="margin:0;background:#ffffff;color:#1a1a1a"><main>{}</main></body></html>'
)


@dataclass(frozen=True, slots=True)
class Shown:
    """Whose mail the preview is, and how it is looked at."""

    view: str
    topics: tuple[Topic, ...]
    reader: Subscription | None

    @property
    def standing(self) -> Standing:
        """The reader's, if there is one; else that of whoever chose these topics."""
        if self.reader is not None:
            one = self.reader
            return Standing(topics=one.topics, language=one.language, cursor=one.cursor)
        return Standing(topics=frozenset(topic.id for topic in self.topics))

    def values(self) -> dict[str, Any]:
        """Return it as parameters of an address."""
        return {
            "view": self.view,
            "topics": [topic.id for topic in self.topics] or None,
            "reader": self.reader.id if self.reader else None,
        }


def shown_to(found: Digest) -> Shown:
    """Read from the request whose mail is wanted; an unknown choice counts as none."""
    view = typed("view")
    chosen = set(request.values.getlist("topics"))
    topics = tuple(one for one in found.publication.topics if str(one.id) in chosen)
    return Shown(view if view in VIEWS else "desktop", topics, _reader(found))


@admin.get("/digests/<int:digest_id>/edit/mail")
@staff(StaffRole.EDITOR)
def digest_edit_mail(digest_id: int) -> Response:
    """Answer the mail alone, for a frame."""
    found = of_publication(Digest, digest_id)
    shown, markers = shown_to(found), Markers.fresh()
    try:
        mail = render_preview(digest=found, standing=shown.standing, markers=markers, now=utc_now())
    except (NothingForThem, MailTooLarge) as nothing:
        return sandboxed(_PAGE.format(f'<h1 style="{_NOTE}">{escape(str(nothing))}</h1>'))
    size = len(mail.html.encode())
    if shown.view == "text":
        text = escape(filled(mail.text, markers))
        pre = f'<pre style="margin:16px;white-space:pre-wrap;overflow-wrap:anywhere">{text}</pre>'
        return sandboxed(_PAGE.format(_head(mail.subject, size, "h1") + pre))
    html = in_palette(filled(mail.html, markers), dark=shown.view == "dark")
    head = _head(mail.subject, size, "b")
    return sandboxed(_BODY.sub(lambda body: body[0] + head, html, count=1))


def _head(subject: str, size: int, tag: str) -> str:
    """Return what a mail program shows above the mail: its subject; and how large it is."""
    told = f"{size / 1000:.0f} kB of {BUDGET / 1000:.0f} kB"
    return (
        f'<header style="{_NOTE}background:#f1f3f5;color:#1a1a1a;border-bottom:1px solid #c8ccd0">'
        f'<{tag} style="display:block;margin:0;font:bold 14px/20px Helvetica,Arial,sans-serif;'
        f'color:#1a1a1a;overflow-wrap:anywhere">{escape(subject)}</{tag}>{told}</header>'
    )


def _reader(found: Digest) -> Subscription | None:
    """Return the reader whose address begins as typed, else the one named by her number."""
    address = typed("as_reader") if request.method == "POST" else ""
    if address:
        wanted = ReaderFilter(publication_id=found.publication_id, address=address)
        if found_ones := find_readers(wanted, limit=1).readers:
            return found_ones[0]
        flash(Markup("No reader has an address that begins with {}.").format(address), "warning")
        return None
    number = asked_number("reader")
    reader = db.session.get(Subscription, number) if number else None
    return reader if reader and reader.publication_id == found.publication_id else None
