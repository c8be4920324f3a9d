"""Edit a draft: its words, and the order and treatment of its articles; all or nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from newsletter.digests.compose import new_ones
from newsletter.digests.edit_lock import take_lock
from newsletter.digests.models import (
    ArticleChoice,
    BlockLabel,
    Digest,
    DigestKind,
    DigestState,
    Treatment,
)
from newsletter.digests.publish import weighed_candidates
from newsletter.digests.reword import LONGEST_SUBJECT
from newsletter.digests.staff_words import octets_in_mail
from newsletter.digests.start import WrongDigestState
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.mail.templates import one_line

LONGEST_PREHEADER = 150
LONGEST_INTRODUCTION = 5_000
LONGEST_BLOCK = 1_500
LONGEST_LINK = 2_000

#: What introduction and block may take of a mail, in octets of HTML: articles need the rest.
MOST_OCTETS = 30_000

#: As a treatment it is none: the digest considers the article, and nobody gets it.
LEFT_OUT = "left_out"


class UnusableDraft(PermanentError):
    """Words or choices that cannot be stored: `problems` has one sentence for each field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


class Overtaken(PermanentError):
    """Somebody saved other words since these were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftForm:
    """A draft as an editor typed it."""

    subject: str = ""
    preheader: str = ""
    introduction: str = ""
    block_label: str = ""
    block_title: str = ""
    block_text: str = ""
    block_link: str = ""
    #: Ids of the articles as they stand in the form.
    order: Sequence[int] = ()
    #: By article id: a treatment, `LEFT_OUT`, or empty for what is usual.
    treatments: Mapping[int, str] = field(default_factory=dict)


def save_draft(
    *, digest: Digest, form: DraftForm, version: int, staff_id: int, now: datetime
) -> bool:
    """Store what was typed; say whether that changed anything.

    Args:
        version: the one that the editor read.

    Raises:
        WrongDigestState: it is no draft any more.
        EditedByAnother: somebody else writes on it.
        Overtaken: it was saved in other words since.
        UnusableDraft: naming every field that cannot be stored.
    """
    db.session.refresh(digest, with_for_update=True)
    if digest.state is not DigestState.DRAFT or digest.kind is not DigestKind.DIGEST:
        raise WrongDigestState("This digest is no draft any more, so nothing was saved.")
    take_lock(digest=digest, staff_id=staff_id, now=now)
    if version != digest.version:
        raise Overtaken("This draft was saved in other words since you opened it.")
    values = _checked(form)
    choices = _choices(digest, form, staff_id=staff_id, now=now)
    before = [getattr(digest, name) for name in values], _compared(digest.choices)
    if before == (list(values.values()), _compared(choices)):
        return False
    for name, value in values.items():
        setattr(digest, name, value)
    digest.choices.clear()
    db.session.flush()  # the old rows go before the new ones come
    digest.choices.extend(choices)
    digest.version += 1
    db.session.flush()
    return True


def moved(order: Sequence[int], article_id: int, *, by: int) -> list[int]:
    """Return the order with one article some places further down, or up if negative."""
    if article_id not in order:
        return list(order)
    found = list(order)
    place = found.index(article_id)
    found.insert(max(place + by, 0), found.pop(place))
    return found


def _checked(form: DraftForm) -> dict[str, Any]:
    problems: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name, read in _FIELDS.items():
        try:
            values[name] = read(getattr(form, name))
        except _Unusable as problem:
            problems[name] = str(problem)
    if not problems:
        problems = _odd_block(values) | _too_large(values)
    if problems:
        raise UnusableDraft(problems)
    return values


def _odd_block(values: Mapping[str, Any]) -> dict[str, str]:
    filled = any(values[name] for name in ("block_title", "block_text", "block_link"))
    if filled and values["block_label"] is None:
        return {"block_label": "Say whether the block is an advertisement or a notice."}
    if values["block_label"] is not None and not values["block_title"]:
        return {"block_title": "Give the block a title."}
    return {}


def _too_large(values: Mapping[str, Any]) -> dict[str, str]:
    octets = octets_in_mail(values["introduction"]) + octets_in_mail(values["block_text"])
    if octets <= MOST_OCTETS:
        return {}
    return {
        "introduction": "With so many links and lists, introduction and block leave too little "
        "room for articles. Shorten them."
    }


class _Unusable(Exception):
    """What is wrong with one field."""


def _line(longest: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        line = one_line(text)
        if len(line) > longest:
            raise _Unusable(f"Write at most {longest} characters; this has {len(line)}.")
        return line

    return read


def _text(longest: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        lines = text.replace("\r\n", "\n").replace("\t", "    ").split("\n")
        kept = "\n".join("".join(filter(str.isprintable, line)) for line in lines).strip("\n")
        if len(kept) > longest:
            raise _Unusable(f"Write at most {longest:,} characters; this has {len(kept):,}.")
        return kept

    return read


def _label(text: str) -> BlockLabel | None:
    try:
        return BlockLabel(text) if text else None
    except ValueError:
        raise _Unusable("Choose advertisement or notice.") from None


def _link(text: str) -> str:
    line = _line(LONGEST_LINK)(text)
    if line and (" " in line or not line.startswith(("https://", "http://"))):
        raise _Unusable("Give a web address such as https://www.example.org/.")
    return line


_FIELDS: dict[str, Callable[[str], Any]] = {
    "subject": _line(LONGEST_SUBJECT),
    "preheader": _line(LONGEST_PREHEADER),
    "introduction": _text(LONGEST_INTRODUCTION),
    "block_label": _label,
    "block_title": _line(LONGEST_SUBJECT),
    "block_text": _text(LONGEST_BLOCK),
    "block_link": _link,
}


def _choices(
    digest: Digest, form: DraftForm, *, staff_id: int, now: datetime
) -> list[ArticleChoice]:
    """Return what the form decides; an article that has gone from the digest meanwhile is not asked
    about, and one that the form does not know goes by itself.
    """
    weighed = weighed_candidates(digest, now=now)
    by_date = [one.id for one in weighed]
    order = [one for one in dict.fromkeys(form.order) if one in set(by_date)]
    before = {one.article_id: one for one in digest.choices}
    unplaced = order == [one for one in by_date if one in set(order)]
    made = []
    for place, article_id in enumerate(order, start=1):
        wish = form.treatments.get(article_id, "")
        out, known = wish == LEFT_OUT, before.get(article_id)
        made.append(
            ArticleChoice(
                article_id=article_id,
                place=None if unplaced else place,
                treatment=None if out else _treatment(wish),
                left_out=out,
                staff_id=(known.staff_id if known and known.left_out else staff_id)
                if out
                else None,
            )
        )
    shown = {one.id for one in new_ones(weighed, after=digest.position_from)}
    if shown and {one.article_id for one in made if one.left_out} >= shown:
        raise UnusableDraft(
            {"articles": "Leave at least one article in, or skip this digest: then they all wait."}
        )
    return [one for one in made if one.place or one.treatment or one.left_out]


def _treatment(wish: str) -> Treatment | None:
    try:
        return Treatment(wish) if wish else None
    except ValueError:
        raise UnusableDraft({"articles": "Choose one of the ways to carry an article."}) from None


def _compared(choices: Sequence[ArticleChoice]) -> list[tuple[object, ...]]:
    return sorted(
        (one.article_id, one.place or 0, one.treatment or "", one.left_out) for one in choices
    )
