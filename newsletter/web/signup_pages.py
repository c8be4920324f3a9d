"""What the signup pages show."""

from collections.abc import Mapping
from datetime import timedelta

from flask import render_template
from markupsafe import Markup

from newsletter.articles.find import latest_articles
from newsletter.clock import utc_now
from newsletter.digests.archive import latest_digest, web_articles
from newsletter.languages import spoken
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.gate_tokens import write_stamp
from newsletter.subscriptions.proof_of_work import Challenge
from newsletter.web.box_look import asked_look
from newsletter.web.caching import PAGE_SECONDS
from newsletter.web.evidence import form_page
from newsletter.web.forms import TRAP_FIELD, SignupForm
from newsletter.web.other_publications import other_publications
from newsletter.web.short_memory import ShortMemory
from newsletter.web.signup_questions import DoubtfulAddress
from newsletter.web.words import consent_words

#: Articles a sample shows: the lead story and a few headlines.
SAMPLE_LENGTH = 4

_samples = ShortMemory()


def signup_page(
    publication: Publication, form: SignupForm, errors: Mapping[str, str] | None = None
) -> str:
    """Return the page that says what one gets, with the form on it."""
    sample = _samples.recall((publication.slug, spoken()), lambda: _sample(publication))
    return render_template(
        "web/signup/page.html",
        publication=publication,
        sample=Markup(sample),  # noqa: S704 - rendered by our own template a moment ago
        others=other_publications(publication),
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


def asked(publication: Publication, form: SignupForm, doubt: DoubtfulAddress) -> str:
    """Return the page that asks about an address: take what was probably meant, or keep it."""
    return _in_style("question", publication, form, doubt=doubt)


def check(
    publication: Publication,
    form: SignupForm,
    *,
    challenge: Challenge,
    ticket: str,
    seconds: int,
    sentence: str,
) -> str:
    """Return the page with the check: a script solves it, or the reader waits `seconds`."""
    return _in_style(
        "check",
        publication,
        form,
        challenge=challenge.as_json(),
        ticket=ticket,
        seconds=seconds,
        sentence=sentence,
    )


def too_many(publication: Publication, form: SignupForm, *, seconds: int, waits: bool) -> str:
    """Return the page that says from when on more can be taken."""
    minutes = -(-seconds // 60)
    return _in_style("too_many", publication, form, minutes=minutes, waits=waits)


def stamp(*, coarse: bool = False) -> str:
    """Return what a form carries to tell when it was shown.

    Args:
        coarse: stands on a page that caches keep, and must not make it another one each second.
    """
    now = utc_now()
    if coarse:
        now -= timedelta(seconds=now.timestamp() % PAGE_SECONDS)
    return write_stamp(now=now)


def _in_style(name: str, publication: Publication, form: SignupForm, **values: object) -> str:
    """Return a page between form and inbox; within a frame it keeps what the box looks like."""
    layout = "web/signup/box_layout.html" if form.in_frame else "web/layout.html"
    return render_template(
        f"web/signup/{name}.html",
        layout=layout,
        publication=publication,
        form=form,
        came_from=form_page(form.came_from),
        look=asked_look(),
        **values,
    )


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
        "consent": consent_words(publication),
        "cadences": list(Cadence),
        "trap_field": TRAP_FIELD,
    }
