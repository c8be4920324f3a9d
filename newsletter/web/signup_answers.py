"""What a signup is answered that was not taken: the form again, a question, a check, a pause."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, make_response

from newsletter.config import settings
from newsletter.errors import NewsletterError
from newsletter.extensions import network_of_request
from newsletter.languages import gettext as _
from newsletter.publications.models import Publication
from newsletter.subscriptions.gate_tokens import WAIT, RefusedPass, write_ticket
from newsletter.subscriptions.proof_of_work import write_challenge
from newsletter.subscriptions.signup import UnknownChoice, UnusableAddress, usable_address
from newsletter.subscriptions.spellings import spelling_hash
from newsletter.web.answers import trouble_in_json, wants_json
from newsletter.web.forms import SignupForm
from newsletter.web.signup_gate import CheckNeeded
from newsletter.web.signup_limits import TooManySignups
from newsletter.web.signup_pages import asked, box, check, signup_page, too_many
from newsletter.web.signup_questions import DoubtfulAddress

#: Why a signup may not be taken.
REFUSALS = (UnusableAddress, UnknownChoice, DoubtfulAddress, TooManySignups, RefusedPass)

#: For programs, beside a challenge.
HOW = (
    "Find the number, from 0 to maxnumber, whose SHA-256 behind the salt is the challenge. Send "
    "the signup again with `altcha`: Base64 of a JSON object of algorithm, challenge, number, salt "
    "and signature. Libraries for ALTCHA do it (version 1). Or show the reader `page`."
)


def taken() -> dict[str, str]:
    """Return what JSON is told about a signup that was taken, the same for every address."""
    return {
        "status": "check_inbox",
        "message": _(
            "Check your inbox: if the address can be subscribed, a mail is on its way to it."
        ),
    }


def refusal_answer(
    publication: Publication, form: SignupForm, refusal: NewsletterError, *, now: datetime
) -> Response:
    """Say why a signup was not taken, and what to do about it."""
    if isinstance(refusal, TooManySignups):
        return _too_many(publication, form, refusal)
    if isinstance(refusal, RefusedPass):
        return _check(publication, form, refusal, now=now)
    if isinstance(refusal, DoubtfulAddress):
        return _question(publication, form, refusal)
    field = "topics" if isinstance(refusal, UnknownChoice) else "email"
    return _form_again(publication, form, str(refusal), field=field, status=400)


def _form_again(
    publication: Publication, form: SignupForm, sentence: str, *, field: str, status: int
) -> Response:
    """Show the form again with what was typed and the error at its field."""
    page = box if form.in_frame else signup_page
    return _answer(
        status,
        sentence,
        {"field": field},
        lambda: page(publication, form, errors={field: sentence}),
    )


def _question(publication: Publication, form: SignupForm, doubt: DoubtfulAddress) -> Response:
    if not doubt.may_keep and not doubt.suggestion:
        return _form_again(publication, form, str(doubt), field="email", status=422)
    told = {
        "field": "email",
        "suggestion": doubt.suggestion or None,
        "may_keep": doubt.may_keep,
    }
    return _answer(422, str(doubt), told, lambda: asked(publication, form, doubt))


def _check(
    publication: Publication, form: SignupForm, refusal: RefusedPass, *, now: datetime
) -> Response:
    """Ask for a proof of work, or for patience; who still waits keeps her ticket."""
    spelling = spelling_hash(usable_address(form.email))
    challenge = write_challenge(spelling=spelling, now=now)
    left = refusal.seconds if isinstance(refusal, CheckNeeded) else 0
    fresh = write_ticket(spelling=spelling, network=network_of_request(), now=now)
    told = {
        "field": None,
        "challenge": challenge.as_json(),
        "how": HOW,
        "page": f"{settings.base_url}/p/{publication.slug}",
    }
    return _answer(
        403,
        str(refusal) or _("Signups are checked just now."),
        told,
        lambda: check(
            publication,
            form,
            challenge=challenge,
            ticket=form.ticket if left else fresh,
            seconds=left or int(WAIT.total_seconds()),
            sentence=_("It was a little too early.") if left else str(refusal),
        ),
    )


def _too_many(publication: Publication, form: SignupForm, refusal: TooManySignups) -> Response:
    response = _answer(
        429,
        str(refusal),
        {"field": None},
        lambda: too_many(publication, form, seconds=refusal.seconds, waits=refusal.waits),
    )
    response.headers["Retry-After"] = str(refusal.seconds)
    return response


def _answer(status: int, sentence: str, told: dict[str, Any], page: Callable[[], str]) -> Response:
    """Answer in JSON or with a page, as the caller wants."""
    if wants_json():
        response = trouble_in_json(status, sentence, **told)
    else:
        response = make_response(page(), status)
    response.headers["Cache-Control"] = "no-store"
    return response
