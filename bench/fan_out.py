"""Fan-out of a whole audience, against the bare statements it cannot do without."""

import time
from statistics import median

import sqlalchemy as sa

from bench.installation import installation
from bench.seeding import add_publication, add_readers, frozen_digest
from bench.services import Services
from bench.table import Finding, Goal, alternate, median_ratio, spread
from newsletter.clock import utc_now
from newsletter.deliveries import fan_out as room
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work

MOST_SECONDS = 30.0
TOPICS, SILENCED_EVERY = 3, 200
GOAL_SIZE = 1_000_000

#: One row for every reader and every cursor moved, with none of the checks.
FLOOR = (
    "INSERT INTO deliveries (digest_id, subscription_id, state, reason, attempts, doubts, reply) "
    "SELECT :digest_id, id, 'queued', '', 0, 0, '' FROM subscriptions "
    "WHERE publication_id = :publication_id AND state = 'confirmed'",
    'UPDATE subscriptions SET "cursor" = :position WHERE publication_id = :publication_id',
)


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Fan out digest after digest to the same readers, in turns with the bare statements."""
    with installation(services):
        publication_id = add_publication(topics=TOPICS)
        add_readers(publication_id, size, silenced_every=SILENCED_EVERY)

        def ours() -> float:
            digest_id = frozen_digest(publication_id)
            started = time.perf_counter()
            room.fan_out(digest_id=digest_id, now=utc_now())
            return time.perf_counter() - started

        def floor() -> float:
            return _floor_seconds(frozen_digest(publication_id))

        fan_outs, floors = alternate(rounds, ours, floor)
    seconds = median(fan_outs)
    return Finding(
        title="Fan-out",
        columns=("side", "seconds", "readers/s"),
        rows=[
            ("fan-out", spread(fan_outs, 1), f"{size / seconds:,.0f}"),
            ("bare INSERT … SELECT and UPDATE", spread(floors, 1), f"{size / median(floors):,.0f}"),
            ("ratio of the seconds", f"{median_ratio(fan_outs, floors):.2f}", ""),
        ],
        goals=[
            Goal(
                f"fan-out of {size:,} subscriptions",
                f"≤ {MOST_SECONDS:.0f} s for {GOAL_SIZE:,}",
                f"{seconds:.1f} s",
                seconds <= MOST_SECONDS if size >= GOAL_SIZE else None,
            )
        ],
        notes=[
            f"{size:,} readers of {TOPICS + 1} choices of topics, every {SILENCED_EVERY}th "
            f"suppressed; {rounds} rounds in turns, no vacuum between them. PostgreSQL with stock "
            "settings.",
        ],
    )


def _floor_seconds(digest_id: int) -> float:
    digest = db.session.get_one(Digest, digest_id)
    values = {
        "digest_id": digest_id,
        "publication_id": digest.publication_id,
        "position": digest.position_upto,
    }
    started = time.perf_counter()
    with unit_of_work() as session:
        for statement in FLOOR:
            session.execute(sa.text(statement), values)
    return time.perf_counter() - started
