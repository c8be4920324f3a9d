"""What editors decided about the articles of a digest: their order, how much, what is left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.articles.models import Article
from newsletter.digests.budget import starting_treatments
from newsletter.digests.compose import Candidate
from newsletter.digests.models import ArticleChoice, Digest, Treatment

#: What an editor writes, and what a digest at readers' own hours takes over.
WORDS = (
    "subject",
    "preheader",
    "introduction",
    "block_label",
    "block_title",
    "block_text",
    "block_link",
)


@dataclass(frozen=True, slots=True)
class Choices:
    """The decisions as the composing needs them; by article id."""

    order: tuple[int, ...] = ()
    treatments: Mapping[int, Treatment] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()


def choices_of(digest: Digest) -> Choices:
    """Return what was decided about the articles of a digest."""
    made = digest.choices
    placed = sorted((one for one in made if one.place is not None), key=lambda one: one.place or 0)
    return Choices(
        order=tuple(one.article_id for one in placed),
        treatments={one.article_id: one.treatment for one in made if one.treatment},
        left_out=frozenset(one.article_id for one in made if one.left_out),
    )


def arrange(candidates: Sequence[Candidate], choices: Choices) -> list[Candidate]:
    """Return the articles as the editor wants them; those she has not placed follow by date."""
    ranks = {article_id: rank for rank, article_id in enumerate(choices.order)}
    kept = [one for one in candidates if one.id not in choices.left_out]
    return sorted(kept, key=lambda one: ranks.get(one.id, len(ranks)))


def wished_treatments(digest: Digest, articles: Sequence[Article]) -> tuple[Treatment, ...]:
    """Return how much of each article a digest would like to carry, in the order given."""
    usual = starting_treatments(digest.cadence, [one.reading_minutes for one in articles])
    wished = choices_of(digest).treatments
    return tuple(
        wished.get(article.id, treatment)
        for article, treatment in zip(articles, usual, strict=True)
    )


def follow(digest: Digest, leader: Digest) -> None:
    """Let a digest say and leave out what another one does."""
    for name in WORDS:
        setattr(digest, name, getattr(leader, name))
    digest.choices = [
        ArticleChoice(
            article_id=one.article_id,
            place=one.place,
            treatment=one.treatment,
            left_out=one.left_out,
            staff_id=one.staff_id,
        )
        for one in leader.choices
    ]
