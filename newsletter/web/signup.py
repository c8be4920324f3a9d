"""The signup page, the signup box for other sites, and what both post to."""

from ipaddress import ip_address

from flask import Blueprint, Response, abort, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.extensions import limiter
from newsletter.languages import gettext as _
from newsletter.languages import later, spoken
from newsletter.publications.find import default_publication, publication_by_slug
from newsletter.publications.models import Publication
from newsletter.subscriptions.signup import UnknownChoice, UnusableAddress, sign_up
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import public
from newsletter.web.addresses import first_publication
from newsletter.web.answers import wants_json
from newsletter.web.evidence import evidence, signup_source
from newsletter.web.forms import SignupForm, UnusableInput, query, read_signup
from newsletter.web.language import speak_to
from newsletter.web.signup_pages import box, check_inbox, nothing_yet, signup_page

blueprint = Blueprint("signup", __name__)

#: Signups that one network, /24 or /64, may send us.
SIGNUPS_PER_NETWORK = "5 per hour"

#: Stands for a client without an address, such as a Unix socket's.
NOWHERE = "192.0.2.0"

CHECK_INBOX = later(
    "Check your inbox: if the address can be subscribed, a mail is on its way to it."
)


def from_this_machine() -> bool:
    """Whether the request never left this machine: a trial, a test, a measurement.

    One that a proxy passed on says so; where the proxy is not declared (TRUSTED_PROXIES), all
    the world shares one limit rather than none.
    """
    passed_on = "X-Forwarded-For" in request.headers and not settings.trusted_proxies
    return not passed_on and ip_address(request.remote_addr or NOWHERE).is_loopback


def was_taken(response: Response) -> bool:
    """Whether a signup counts towards the limit; a mistyped address does not."""
    return response.status_code < 400


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
@limiter.limit(SIGNUPS_PER_NETWORK, exempt_when=from_this_machine, deduct_when=was_taken)
def subscribe() -> ResponseReturnValue:
    """Take a signup; the answer is the same for every address."""
    form = read_signup()
    publication = _chosen_publication(form)
    try:
        if not form.trap:
            _sign_up(publication, form)
    except UnusableAddress as error:
        return _refuse(publication, form, field="email", sentence=str(error))
    except UnknownChoice as error:
        return _refuse(publication, form, field="topics", sentence=str(error))
    if wants_json():
        return jsonify(status="check_inbox", message=_(CHECK_INBOX))
    return check_inbox(publication, in_frame=form.in_frame)


def _sign_up(publication: Publication, form: SignupForm) -> None:
    with unit_of_work():
        sign_up(
            publication=publication,
            email=form.email,
            cadence=form.cadence,
            topics=form.topics,
            name=form.name,
            language=spoken(),
            request=evidence(signup_source()),
            now=utc_now(),
        )


def _refuse(
    publication: Publication, form: SignupForm, *, field: str, sentence: str
) -> ResponseReturnValue:
    """Show the form again with what was typed and the error at its field."""
    if wants_json():
        return jsonify(error=sentence, field=field), 400
    page = box if form.in_frame else signup_page
    return make_response(page(publication, form, errors={field: sentence}), 400)


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
