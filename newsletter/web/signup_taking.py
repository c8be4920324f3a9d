"""Take a signup that came through one of the doors: page, box, foreign form, JSON, API."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from newsletter.languages import gettext as _
from newsletter.languages import spoken
from newsletter.publications.find import default_publication, publication_by_slug
from newsletter.publications.models import Publication
from newsletter.subscriptions.gate_tokens import Pass
from newsletter.subscriptions.passes import use_pass
from newsletter.subscriptions.signup import sign_up, topic_ids, usable_address
from newsletter.unit_of_work import unit_of_work
from newsletter.web.even_time import evenly
from newsletter.web.evidence import signup_evidence
from newsletter.web.forms import SignupForm, UnusableInput
from newsletter.web.language import speak_to
from newsletter.web.signup_gate import passed
from newsletter.web.signup_limits import note_signup, note_try
from newsletter.web.signup_questions import settle_doubts

Answer = TypeVar("Answer")


def chosen_publication(form: SignupForm) -> Publication:
    """Return the publication that a signup names, the first if none, and speak its language.

    Raises:
        UnusableInput: there is none.
    """
    slug = form.publication
    publication = publication_by_slug(slug) if slug else default_publication()
    if publication is None:
        raise UnusableInput("publication", _("There is no such publication here."))
    speak_to(publication, asked=form.lang)
    return publication


def take_signup(
    publication: Publication, form: SignupForm, *, answer: Callable[[], Answer], now: datetime
) -> Answer:
    """Sign up whoever gets through the gate, and return the answer.

    It is written before `_sign_up`: all until then goes by what was sent, not by whom we know.

    Raises:
        One of `signup_answers.REFUSALS`.
    """
    address = usable_address(form.email)
    topic_ids(publication, form.topics)
    counts = note_try()
    settle_doubts(publication, address, keep=form.keep)
    given = passed(publication, form, address, counts, now=now)
    note_signup()
    written = answer()
    _sign_up(publication, form, given, now=now)
    return written


def _sign_up(
    publication: Publication, form: SignupForm, given: Pass | None, *, now: datetime
) -> None:
    with evenly(), unit_of_work():
        if given is not None:
            use_pass(given)
        sign_up(
            publication=publication,
            email=form.email,
            cadence=form.cadence,
            topics=form.topics,
            name=form.name,
            language=spoken(),
            request=signup_evidence(form.came_from),
            now=now,
        )
