"""The signup box for other sites: chosen, looked at and copied."""

from dataclasses import dataclass
from enum import StrEnum

from flask import render_template, request
from flask.typing import ResponseReturnValue

from newsletter.config import settings
from newsletter.languages import gettext as _
from newsletter.languages import speaking
from newsletter.publications.models import Cadence, Publication
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.consent import consent_text
from newsletter.web.access import staff
from newsletter.web.admin.asked import asked_choice, asked_text
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import needed_publication
from newsletter.web.box_look import BoxLook, colours_of
from newsletter.web.forms import TRAP_FIELD
from newsletter.web.palette import parse_colour

#: Words of a heading or a button.
LONGEST_WORDS = 100


class BoxKind(StrEnum):
    """How the box comes to be on the other site."""

    SCRIPT = "script"  # the form, and a script that answers in place
    FORM = "form"
    FRAME = "frame"


KIND_WORDS = {
    BoxKind.SCRIPT: "Form with script",
    BoxKind.FORM: "Form alone",
    BoxKind.FRAME: "Frame",
}

#: What each colour is for, and what stands in its field while none was chosen.
COLOUR_WORDS = {
    "paper": ("The page’s ground", "#FFFFFF"),
    "ink": ("The page’s text", "#1A1A1A"),
    "accent": ("Button", ""),
}


@dataclass(frozen=True)
class Box:
    """The box as staff composed it."""

    kind: BoxKind
    heading: str
    button: str
    look: BoxLook

    @property
    def height(self) -> int:
        """Pixels that a frame has before its page tells how high it is."""
        return 420 + 220 * (self.look.cadence + self.look.topics)


@admin.get("/settings/box")
@staff(StaffRole.OWNER)
def settings_box() -> ResponseReturnValue:
    """Show the choices, the box they make, and its HTML."""
    publication = needed_publication()
    box = _asked_box(publication)
    return render_template(
        "web/admin/settings_box.html",
        box=box,
        kinds=KIND_WORDS,
        colours=_colour_fields(box.look, publication),
        longest=LONGEST_WORDS,
        snippet=_snippet(publication, box, base_url=settings.base_url),
        base_url=settings.base_url,
        asked={name: value for name, value in request.args.items() if name != "publication"},
    )


@admin.get("/settings/box/preview")
@staff(StaffRole.OWNER)
def settings_box_preview() -> ResponseReturnValue:
    """Show the box on a page with nothing else, as another site would."""
    publication = needed_publication()
    box = _asked_box(publication)
    # Without our public address: staff may look from another one, where the CSP would bar it.
    return render_template(
        "web/admin/box_preview.html",
        snippet=_snippet(publication, box, base_url=""),
        look=BoxLook(paper=box.look.paper, ink=box.look.ink, accent=box.look.accent),
    )


def _asked_box(publication: Publication) -> Box:
    with speaking(publication.language):
        heading = _("Subscribe to %(name)s", name=publication.name)
        button = _("Subscribe")
    is_first_look = "kind" not in request.args
    return Box(
        kind=asked_choice(BoxKind, "kind") or BoxKind.SCRIPT,
        heading=heading if is_first_look else asked_text("heading")[:LONGEST_WORDS],
        button=asked_text("button")[:LONGEST_WORDS] or button,
        look=BoxLook(
            paper=_asked_colour("paper"),
            ink=_asked_colour("ink"),
            accent=_asked_colour("accent"),
            cadence="cadence" in request.args,
            topics="topics" in request.args,
            bare=not is_first_look and not asked_text("heading"),
        ),
    )


def _asked_colour(name: str) -> str:
    """Return RRGGBB; empty while colours are left as they are, or for what is none."""
    if "own_colours" not in request.args:
        return ""
    try:
        return parse_colour(asked_text(name)).removeprefix("#")
    except ValueError:
        return ""


def _colour_fields(look: BoxLook, publication: Publication) -> dict[str, tuple[str, str]]:
    """Return words and value of each colour's field, by its name."""
    fields = {}
    for name, (words, usual) in COLOUR_WORDS.items():
        chosen = getattr(look, name)
        fields[name] = (words, f"#{chosen}" if chosen else usual or publication.accent)
    return fields


def _snippet(publication: Publication, box: Box, *, base_url: str) -> str:
    kind = "frame" if box.kind is BoxKind.FRAME else "form"
    with speaking(publication.language):
        return render_template(
            f"web/admin/box_{kind}.html",
            publication=publication,
            box=box,
            base_url=base_url,
            with_script=box.kind is BoxKind.SCRIPT,
            colours=colours_of(box.look) if box.look.has_colours else None,
            cadences=list(Cadence),
            consent=consent_text(publication),
            trap_field=TRAP_FIELD,
        ).strip()
