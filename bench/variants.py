"""What it costs that readers choose topics: renderings by the different mails, not by readers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa

from bench.installation import installation
from bench.seeding import add_article, add_publication, add_readers, refresh_statistics
from bench.services import Services
from bench.table import Finding, Goal, spread
from newsletter.clock import utc_now
from newsletter.deliveries import fan_out as room
from newsletter.digests import variants
from newsletter.digests.models import Audience, Digest, Variant
from newsletter.digests.publish import freeze
from newsletter.digests.render import RenderedDigest, render_digest
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Topic
from newsletter.subscriptions.models import Subscription
from newsletter.unit_of_work import unit_of_work

TOPICS, CHOSEN, ARTICLES = 12, 8, 20
ARTICLE_OCTETS = 12_000


@dataclass
class Round:
    """What one digest took."""

    seconds: float = 0.0
    rendering: list[float] = field(default_factory=list)
    groups: int = 0
    variants: int = 0


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Fan out a weekly digest to readers of every article, and to readers of eight topics."""
    with installation(services):
        publication_id = add_publication(topics=TOPICS)
        add_readers(publication_id, size)
        _round(publication_id, choices=[frozenset()])  # reads the templates of mails
        everything = [_round(publication_id, choices=[frozenset()]) for _ in range(rounds)]
        topics = sa.select(Topic.id).where(Topic.publication_id == publication_id)
        ids = list(db.session.scalars(topics.order_by(Topic.id)))
        every_choice = [frozenset(one) for one in combinations(ids, CHOSEN)]
        chosen = [_round(publication_id, choices=every_choice) for _ in range(rounds)]
    last = chosen[-1]
    per_variant = sum(last.rendering) / len(last.rendering)
    return Finding(
        title="Variants",
        columns=("readers choose", "groups", "variants", "rendering, s", "fan-out in all, s"),
        rows=[
            _row("every article", everything),
            _row(f"{CHOSEN} of {TOPICS} topics", chosen),
            (
                "the same, rendered for each reader (computed)",
                "",
                f"{size:,}",
                f"{per_variant * size:,.0f}",
                "",
            ),
        ],
        goals=[
            Goal(
                f"renderings for each different mail, {CHOSEN} of {TOPICS} topics",
                "1",
                f"{len(last.rendering) / last.variants:.2f}",
                len(last.rendering) == last.variants,
            )
        ],
        notes=[
            f"{size:,} readers, {ARTICLES} articles of two topics each, {rounds} rounds; "
            f"{per_variant * 1000:.0f} ms a rendering. A group is a choice of topics; two choices "
            "that come to the same articles share a variant.",
        ],
    )


def _row(name: str, rounds: list[Round]) -> tuple[str, ...]:
    return (
        name,
        f"{rounds[-1].groups:,}",
        f"{rounds[-1].variants:,}",
        spread([sum(one.rendering) for one in rounds], 1),
        spread([one.seconds for one in rounds], 1),
    )


def _round(publication_id: int, *, choices: list[frozenset[int]]) -> Round:
    _choose(publication_id, choices)
    digest_id = _frozen_weekly(publication_id)
    found = Round()
    with _watched(found.rendering):
        started = time.perf_counter()
        room.fan_out(digest_id=digest_id, now=utc_now())
        found.seconds = time.perf_counter() - started
    found.groups = _count(Audience, digest_id)
    found.variants = _count(Variant, digest_id)
    return found


def _choose(publication_id: int, choices: list[frozenset[int]]) -> None:
    """Give the readers these choices in turns, and a weekly digest."""
    with unit_of_work() as session:
        for number, choice in enumerate(choices):
            session.execute(
                sa.update(Subscription)
                .where(Subscription.publication_id == publication_id)
                .where(Subscription.id % len(choices) == number)
                .values(topics=choice, cadence=Cadence.WEEKLY)
                .execution_options(synchronize_session=False)
            )
    refresh_statistics()


def _frozen_weekly(publication_id: int) -> int:
    for number in range(ARTICLES):
        some = (number % TOPICS, (5 * number + 3) % TOPICS)
        add_article(publication_id, mail_octets=ARTICLE_OCTETS, topics=some)
    with unit_of_work():
        digest = draft_by_hand(publication_id=publication_id, cadence=Cadence.WEEKLY, now=utc_now())
    with unit_of_work() as session:
        send_now(digest=session.get_one(Digest, digest.id))
    with unit_of_work():
        freeze(digest_id=digest.id, now=utc_now())
    return digest.id


@contextmanager
def _watched(seconds: list[float]) -> Iterator[None]:
    """Note what each rendering takes."""

    def timed(**what: Any) -> RenderedDigest:
        started = time.perf_counter()
        try:
            return render_digest(**what)
        finally:
            seconds.append(time.perf_counter() - started)

    with patch.object(variants, "render_digest", timed):
        yield


def _count(rows: type[Audience] | type[Variant], digest_id: int) -> int:
    statement = sa.select(sa.func.count()).select_from(rows).where(rows.digest_id == digest_id)
    return int(db.session.scalars(statement).one())
