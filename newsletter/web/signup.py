"""The signup page, the signup box for other sites, and what both post to."""

from datetime import datetime

from flask import Blueprint, abort, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.languages import gettext as _
from newsletter.languages import later, spoken
from newsletter.publications.find import default_publication, publication_by_slug
from newsletter.publications.models import Publication
from newsletter.subscriptions.gate_tokens import Pass
from newsletter.subscriptions.passes import use_pass
from newsletter.subscriptions.signup import sign_up, topic_ids, usable_address
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import public
from newsletter.web.addresses import first_publication
from newsletter.web.answers import wants_json
from newsletter.web.even_time import evenly
from newsletter.web.evidence import signup_evidence
from newsletter.web.forms import SignupForm, UnusableInput, query, read_signup
from newsletter.web.language import speak_to
from newsletter.web.signup_answers import REFUSALS, refusal_answer
from newsletter.web.signup_gate import passed
from newsletter.web.signup_limits import note_signup, note_try
from newsletter.web.signup_pages import box, check_inbox, nothing_yet, signup_page
from newsletter.web.signup_questions import settle_doubts

blueprint = Blueprint("signup", __name__)

CHECK_INBOX = later(
    "Check your inbox: if the address can be subscribed, a mail is on its way to it."
)


@blueprint.get("/")
@public
def front_page() -> ResponseReturnValue:
    """Show the signup page of the first publication, or of the one asked for."""
    slug = query("publication")
    if slug:
        return redirect(url_for("signup.publication_page", slug=slug))
    publication = first_publication()
    speak_to(publication)
    return signup_page(publication, SignupForm()) if publication else nothing_yet()


@blueprint.get("/p/<slug>")
@public
def publication_page(slug: str) -> ResponseReturnValue:
    """Show the signup page of one publication."""
    return signup_page(_publication_or_404(slug), SignupForm())


@blueprint.get("/embed/<slug>")
@public
def embed(slug: str) -> ResponseReturnValue:
    """Show the signup box that other sites put in a frame."""
    return box(_publication_or_404(slug), SignupForm(in_frame=True))


@blueprint.get("/subscribe")
@public
def back_to_the_form() -> ResponseReturnValue:
    """Lead whoever opens the form's address to the form."""
    return redirect(url_for("signup.front_page"))


@blueprint.post("/subscribe")
@public
def subscribe() -> ResponseReturnValue:
    """Take a signup; the answer is the same for every address."""
    form, now = read_signup(), utc_now()
    publication = _chosen_publication(form)
    try:
        _take(publication, form, now=now)
    except REFUSALS as refusal:
        return refusal_answer(publication, form, refusal, now=now)
    if wants_json():
        return jsonify(status="check_inbox", message=_(CHECK_INBOX))
    return check_inbox(publication, in_frame=form.in_frame)


def _take(publication: Publication, form: SignupForm, *, now: datetime) -> None:
    """Sign up whoever gets through the gate; raises one of `REFUSALS` for who does not.

    All that comes before `_sign_up` goes by what was sent, not by whom we know.
    """
    address = usable_address(form.email)
    topic_ids(publication, form.topics)
    counts = note_try()
    settle_doubts(publication, address, keep=form.keep)
    given = passed(publication, form, address, counts, now=now)
    note_signup()
    _sign_up(publication, form, given, now=now)


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


def _chosen_publication(form: SignupForm) -> Publication:
    slug = form.publication
    publication = publication_by_slug(slug) if slug else default_publication()
    if publication is None:
        raise UnusableInput("publication", _("There is no such publication here."))
    speak_to(publication, asked=form.lang)
    return publication


def _publication_or_404(slug: str) -> Publication:
    publication = publication_by_slug(slug) or abort(404)
    speak_to(publication)
    return publication
