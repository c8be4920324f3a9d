"""The signup page, the signup box for other sites, and what both post to."""

from flask import Blueprint, abort, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.publications.find import publication_by_slug
from newsletter.publications.models import Publication
from newsletter.web.access import public
from newsletter.web.addresses import first_publication
from newsletter.web.answers import wants_json
from newsletter.web.forms import SignupForm, query, read_signup
from newsletter.web.language import speak_to
from newsletter.web.signup_answers import REFUSALS, refusal_answer, taken
from newsletter.web.signup_pages import box, check_inbox, nothing_yet, signup_page
from newsletter.web.signup_taking import chosen_publication, take_signup

blueprint = Blueprint("signup", __name__)


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
    publication = chosen_publication(form)
    try:
        return take_signup(publication, form, answer=lambda: _answer(publication, form), now=now)
    except REFUSALS as refusal:
        return refusal_answer(publication, form, refusal, now=now)


def _answer(publication: Publication, form: SignupForm) -> ResponseReturnValue:
    if wants_json():
        return jsonify(taken())
    return check_inbox(publication, in_frame=form.in_frame)


def _publication_or_404(slug: str) -> Publication:
    publication = publication_by_slug(slug) or abort(404)
    speak_to(publication)
    return publication
