"""The form of a draft: as it was typed, as it is stored, and its rows of articles."""

from dataclasses import dataclass
from datetime import datetime

from flask import request

from newsletter.articles.models import Article
from newsletter.digests.choices import choices_of
from newsletter.digests.compose import Candidate, new_ones
from newsletter.digests.edit import LEFT_OUT, DraftForm
from newsletter.digests.models import Digest, Treatment
from newsletter.digests.publish import articles_by_id, weighed_candidates
from newsletter.web.admin.asked import asked_number

#: Ways to carry an article, as choices of a form.
TREATMENT_WORDS = (
    ("", "As usual"),
    (Treatment.FULL.value, "Full text"),
    (Treatment.EXCERPT.value, "Excerpt"),
    (Treatment.HEADLINE.value, "Headline"),
    (LEFT_OUT, "Leave out"),
)

_LINES = ("subject", "preheader", "block_label", "block_title", "block_link")
_TEXTS = ("introduction", "block_text")


@dataclass(frozen=True, slots=True)
class Row:
    """One article of the form."""

    article: Article
    treatment: str
    is_new: bool  # it came after the draft was made


def read_form() -> DraftForm:
    """Read what was typed; what no database keeps is taken out when it is stored."""
    fields = request.form
    words = {name: fields.get(name, "") for name in (*_LINES, *_TEXTS)}
    order = [int(one) for one in fields.getlist("article") if one.isascii() and one.isdigit()]
    treatments = {number: fields.get(f"treatment-{number}", "") for number in order}
    return DraftForm(**words, order=order, treatments=treatments)


def read_version() -> int:
    """Return the version that the typed words began with; 0 fits none."""
    return asked_number("version") or 0


def stored_form(digest: Digest) -> DraftForm:
    """Return the draft as its form shows it."""
    choices = choices_of(digest)
    wished = {number: one.value for number, one in choices.treatments.items()}
    return DraftForm(
        subject=digest.subject,
        preheader=digest.preheader,
        introduction=digest.introduction,
        block_label=digest.block_label.value if digest.block_label else "",
        block_title=digest.block_title,
        block_text=digest.block_text,
        block_link=digest.block_link,
        order=choices.order,
        treatments=wished | dict.fromkeys(choices.left_out, LEFT_OUT),
    )


def articles_of(digest: Digest, form: DraftForm, *, now: datetime) -> list[Row]:
    """Return the rows in the order of the form, and behind them what it does not know.

    What only readers further behind get has no row: it follows by date.
    """
    fresh = new_ones(weighed_candidates(digest, now=now), after=digest.position_from)
    ranks = {number: rank for rank, number in enumerate(form.order)}
    ordered = sorted(fresh, key=lambda one: ranks.get(one.id, len(ranks)))
    articles = articles_by_id([one.id for one in ordered])
    return [
        Row(articles[one.id], form.treatments.get(one.id, ""), _is_new(one, digest))
        for one in ordered
        if one.id in articles
    ]


def _is_new(one: Candidate, digest: Digest) -> bool:
    return digest.drafted_upto is not None and one.position > digest.drafted_upto
