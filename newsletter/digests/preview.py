"""Preview a draft: as readers of some topics get it, or as one reader does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.digests.compose import Candidate, choose, new_ones
from newsletter.digests.models import Digest
from newsletter.digests.publish import carried_candidates
from newsletter.digests.render import RenderedDigest
from newsletter.digests.variants import render_for_all
from newsletter.errors import PermanentError
from newsletter.mail.markers import Markers


class NothingForThem(PermanentError):
    """Whoever is asked about gets no mail; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who looks: her topics, her language, and how far she has been considered."""

    topics: frozenset[int] = frozenset()
    language: str = ""  # empty: the publication's
    cursor: int | None = None  # None: she is up to date


def render_preview(
    *, digest: Digest, standing: Standing, markers: Markers, now: datetime
) -> RenderedDigest:
    """Render what a reader of this standing would get if the draft went now.

    Raises:
        NothingForThem, MailTooLarge.
    """
    shown = _chosen(carried_candidates(digest, now=now), digest, standing)
    if not shown:
        raise NothingForThem(_why(standing))
    return render_for_all(
        digest=digest, candidates=shown, markers=markers, language=standing.language
    )


def _chosen(carried: Sequence[Candidate], digest: Digest, standing: Standing) -> list[Candidate]:
    if standing.cursor is None:
        carried, cursor = new_ones(carried, after=digest.position_from), 0
    else:
        cursor = standing.cursor
    ids = set(choose(carried, cursor=cursor, topics=standing.topics))
    return [one for one in carried if one.id in ids]


def _why(standing: Standing) -> str:
    if standing.cursor is not None:
        return "Nothing in this digest is for this reader, so no mail goes to the address."
    if standing.topics:
        return "Nothing in this digest is of these topics: their readers get no mail."
    return "There are no new articles, so there is nothing to send."
