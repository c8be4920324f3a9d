"""What the signup pages show."""

from collections.abc import Mapping

from flask import render_template
from markupsafe import Markup

from newsletter.articles.find import latest_articles
from newsletter.digests.archive import latest_digest, web_articles
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.consent import consent_text
from newsletter.web.box_look import asked_look
from newsletter.web.forms import TRAP_FIELD, SignupForm
from newsletter.web.short_memory import ShortMemory

#: Articles a sample shows: the lead story and a few headlines.
SAMPLE_LENGTH = 4

_samples = ShortMemory()


def signup_page(
    publication: Publication, form: SignupForm, errors: Mapping[str, str] | None = None
) -> str:
    """Return the page that says what one gets, with the form on it."""
    sample = _samples.recall(publication.slug, lambda: _sample(publication))
    return render_template(
        "web/signup/page.html",
        publication=publication,
        sample=Markup(sample),  # noqa: S704 - rendered by our own template a moment ago
        **_form_values(publication, form, errors),
    )


def box(publication: Publication, form: SignupForm, errors: Mapping[str, str] | None = None) -> str:
    """Return the small form that stands in a frame on another site."""
    return render_template(
        "web/signup/box.html",
        publication=publication,
        look=asked_look(),
        **_form_values(publication, form, errors),
    )


def check_inbox(publication: Publication, *, in_frame: bool) -> str:
    """Return the answer to a signup; it names no address, so that it is the same for all."""
    if in_frame:
        page = "web/signup/box_check_inbox.html"
        return render_template(page, publication=publication, look=asked_look())
    return render_template("web/signup/check_inbox.html", publication=publication)


def nothing_yet() -> str:
    """Return what stands at the front before the operator has made a publication."""
    return render_template("web/signup/nothing_yet.html")


def _sample(publication: Publication) -> str:
    """Return what one gets: the latest digest, or the newest articles before there is one."""
    digest = latest_digest(publication)
    return render_template(
        "web/signup/sample.html",
        publication=publication,
        digest=digest,
        items=web_articles(digest)[:SAMPLE_LENGTH] if digest else [],
        articles=[] if digest else latest_articles(publication, limit=SAMPLE_LENGTH),
    )


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
