"""The outbox, shown as a calm mail program, while no mail leaves this machine."""

import re

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from newsletter.config import settings
from newsletter.mail.outbox import NoSuchMail, ParsedMail, list_mails, read_mail
from newsletter.web.access import development
from newsletter.web.forms import UnusableInput, query, query_page

blueprint = Blueprint("outbox", __name__, url_prefix="/dev/outbox")

PAGE_LENGTH = 40
TABS = {"html": "Mail", "text": "Plain text", "headers": "Headers"}

#: Links in a mail open beside it, not inside its frame.
HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
OPEN_BESIDE = '<base target="_blank">'


@blueprint.get("")
@development
def mail_list() -> ResponseReturnValue:
    """Show the newest mails."""
    return render_template("web/outbox/list.html", **_list_values())


@blueprint.get("/<name>")
@development
def mail(name: str) -> ResponseReturnValue:
    """Show one mail beside the list."""
    found = _mail_or_404(name)
    tab = query("tab") or ("html" if found.html else "text")
    if tab not in TABS:
        raise UnusableInput("tab", "Choose html, text or headers.")
    return render_template(
        "web/outbox/mail.html",
        mail=found,
        subject=_header(found, "Subject") or "(no subject)",
        facts=_facts(found),
        tab=tab,
        tabs=TABS,
        **_list_values(),
    )


@blueprint.get("/<name>/html")
@development
def mail_html(name: str) -> ResponseReturnValue:
    """Answer the HTML of one mail, for a frame without scripts, forms or an origin."""
    html = _mail_or_404(name).html
    if html is None:
        abort(404)
    return HEAD.sub(lambda found: found[0] + OPEN_BESIDE, html, count=1)


def _list_values() -> dict[str, object]:
    page = query_page()
    mails = list_mails(settings.outbox_dir, limit=page * PAGE_LENGTH + 1)
    start = (page - 1) * PAGE_LENGTH
    return {
        "mails": mails[start : start + PAGE_LENGTH],
        "page": page,
        "has_older": len(mails) > start + PAGE_LENGTH,
    }


def _facts(found: ParsedMail) -> list[tuple[str, str]]:
    return [
        ("From", _header(found, "From")),
        ("To", _header(found, "To")),
        ("Written", f"{found.date:%d %B %Y, %H:%M:%S} UTC"),
        ("Size", f"{found.size:,} bytes"),
    ]


def _header(found: ParsedMail, name: str) -> str:
    return next((value for each, value in found.headers if each == name), "")


def _mail_or_404(name: str) -> ParsedMail:
    try:
        return read_mail(settings.outbox_dir, name)
    except NoSuchMail:
        abort(404)
