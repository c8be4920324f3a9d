"""What the signup pages show."""

from collections.abc import Mapping

from flask import render_template

from newsletter.articles.find import latest_articles
from newsletter.digests.archive import latest_digest
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.consent import consent_text
from newsletter.web.forms import TRAP_FIELD, SignupForm

#: Articles a sample shows: the lead story and a few headlines.
SAMPLE_LENGTH = 4


def signup_page(
    publication: Publication, form: SignupForm, errors: Mapping[str, str] | None = None
) -> str:
    """Return the page that says what one gets, with the form on it."""
    digest = latest_digest(publication)
    return render_template(
        "web/signup/page.html",
        publication=publication,
        digest=digest,
        articles=[] if digest else latest_articles(publication, limit=SAMPLE_LENGTH),
        sample_length=SAMPLE_LENGTH,
        **_form_values(publication, form, errors),
    )


def box(publication: Publication, form: SignupForm, errors: Mapping[str, str] | None = None) -> str:
    """Return the small form that stands in a frame on another site."""
    return render_template(
        "web/signup/box.html", publication=publication, **_form_values(publication, form, errors)
    )


def check_inbox(publication: Publication, *, in_frame: bool) -> str:
    """Return the answer to a signup; it names no address, so that it is the same for all."""
    name = "box_check_inbox" if in_frame else "check_inbox"
    return render_template(f"web/signup/{name}.html", publication=publication)


def nothing_yet() -> str:
    """Return what stands at the front before the operator has made a publication."""
    return render_template("web/signup/nothing_yet.html")


def _form_values(
    publication: Publication, form: SignupForm, errors: Mapping[str, str] | None
) -> dict[str, object]:
    return {
        "form": form,
        "errors": errors or {},
        "consent": consent_text(publication),
        "cadences": list(Cadence),
        "trap_field": TRAP_FIELD,
    }
