"""Settings: the publication and its topics."""

from zoneinfo import available_timezones

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.languages import LANGUAGES
from newsletter.publications.change import (
    DETAILS,
    UnusableDetails,
    change_publication,
    change_topic,
)
from newsletter.publications.check import UnusableDetail
from newsletter.publications.dkim_keys import idle_keys, sender_domain
from newsletter.publications.models import (
    Cadence,
    DatePolicy,
    DkimKeyState,
    Publication,
    Topic,
)
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import needed_publication, of_publication
from newsletter.web.palette import PAPER, contrast, palette, parse_colour
from newsletter.web.words import CADENCE_ADJECTIVES

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

#: What the rules for odd dates do, as choices of a form.
POLICY_WORDS = (
    (DatePolicy.INCLUDE.value, "Send it like any other"),
    (DatePolicy.HOLD.value, "Hold it"),
    (DatePolicy.IGNORE.value, "Never send it"),
)

SWITCH_WORDS = (("on", "Send it"), ("off", "Send none"))
#: Whether links of mails are counted, as choices of a form.
CLICK_WORDS = (("off", "Count nothing"), ("on", "Count clicks by link, without readers"))
#: The same of opens.
OPEN_WORDS = (("off", "Count nothing"), ("on", "Count opens of readers who allow it"))


@admin.get("/settings")
@staff(StaffRole.OWNER)
def settings() -> ResponseReturnValue:
    """Show the publication's form."""
    publication = needed_publication()
    return _form(publication, stored_details(publication), {}), 200


@admin.post("/settings")
@staff(StaffRole.OWNER)
def settings_save() -> ResponseReturnValue:
    """Store the publication's details, all or none."""
    publication = needed_publication()
    typed = {field: request.form[field] for field in DETAILS if field in request.form}
    try:
        with unit_of_work():
            changed = change_publication(publication=publication, typed=typed)
            if changed:
                _record("publication_changed", publication.id, ", ".join(changed))
    except UnusableDetails as refusal:
        return _form(publication, typed, refusal.problems), 400
    flash("Saved." if changed else "Nothing was changed.")
    if "from_email" in changed and (warning := unsigned_words(publication)):
        flash(warning, "warning")
    return redirect(url_for("admin.settings"))


@admin.get("/settings/topics")
@staff(StaffRole.OWNER)
def settings_topics() -> ResponseReturnValue:
    """List the topics."""
    return _topics({}), 200


@admin.post("/settings/topics/<int:topic_id>")
@staff(StaffRole.OWNER)
def settings_topic(topic_id: int) -> ResponseReturnValue:
    """Rename a topic, offer it or not."""
    topic = of_publication(Topic, topic_id)
    try:
        with unit_of_work():
            changed = change_topic(
                topic=topic,
                name=request.form.get("name", ""),
                offered="offered" in request.form,
            )
            if changed:
                _record("topic_changed", topic.id, "", kind="topic")
    except UnusableDetail as refusal:
        return _topics({topic_id: str(refusal)}), 400
    flash(f"Saved: {topic.name}." if changed else "Nothing was changed.")
    return redirect(url_for("admin.settings_topics"))


def stored_details(publication: Publication) -> dict[str, str]:
    """Return the details as a form shows them."""
    stored = {field: getattr(publication, field) for field in DETAILS}
    return {field: str(value) for field, value in stored.items()} | {
        "send_at": publication.send_at.strftime("%H:%M"),
        "welcome": "on" if publication.welcome else "off",
        "languages": ", ".join(publication.offered_languages[1:]),
        "counts_clicks": "on" if publication.counts_clicks else "off",
        "counts_opens": "on" if publication.counts_opens else "off",
    }


def accent_words(accent: str) -> str:
    """Say how well the accent reads, and what pages do about it."""
    ratio = contrast(parse_colour(accent), PAPER)
    shades = palette(accent)
    told = f"Contrast on white {ratio:.1f} : 1"
    if shades.light.accent.upper() != accent.upper():
        told += f", too little for text (4.5 is needed): pages use {shades.light.accent} instead"
    return f"{told}. Dark pages use {shades.dark.accent}."


def unsigned_words(publication: Publication) -> str:
    """Say which DKIM keys do not fit the sender's domain, and what to do; empty: all fit."""
    idle = idle_keys(publication)
    if not idle:
        return ""
    domain, slug = sender_domain(publication), publication.slug
    signs = any(
        key.state is DkimKeyState.ACTIVE and key not in idle for key in publication.dkim_keys
    )
    names = " and ".join(sorted(f"{key.selector} of {key.domain}" for key in idle))
    are = "is" if len(idle) == 1 else "are"
    if signs:
        return f"{names} {are} still active and sign{'s' if are == 'is' else ''} nothing any more."
    return (
        f"Mail from {domain} goes out without a DKIM signature: {names} {are} for another domain. "
        f"Many receivers take such mail for spam. The operator makes a key for the new domain by: "
        f"flask dkim create {slug}"
    )


def _form(publication: Publication, typed: dict[str, str], problems: dict[str, str]) -> str:
    return render_template(
        "web/admin/settings.html",
        typed=stored_details(publication) | typed,
        problems=problems,
        accent_words=accent_words(publication.accent),
        cadences=[(one.value, CADENCE_ADJECTIVES[one]) for one in Cadence],
        policies=POLICY_WORDS,
        switches=SWITCH_WORDS,
        translated=", ".join(LANGUAGES),
        click_choices=CLICK_WORDS,
        open_choices=OPEN_WORDS,
        weekdays=list(enumerate(WEEKDAYS)),
        unsigned=unsigned_words(publication),
        time_zones=sorted(available_timezones()),
    )


def _topics(problems: dict[int, str]) -> str:
    return render_template("web/admin/settings_topics.html", problems=problems)


def _record(action: str, object_id: int, detail: str, kind: str = "publication") -> None:
    audit.record(
        action,
        staff=staff_member(),
        now=utc_now(),
        object_kind=kind,
        object_id=object_id,
        detail=detail,
    )
