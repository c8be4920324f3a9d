"""Cost of each part by itself, ours and another way in turns: stamp, sign, compile, token …"""

from bench.celery_task import task_cost
from bench.installation import installation
from bench.parts_database import read_costs, record_costs
from bench.parts_message import OCTETS, TOKENS, Cost, compile_costs, stamp_costs, token_costs
from bench.parts_signing import signing_costs
from bench.seeding import add_publication, add_readers, frozen_digest
from bench.services import Services
from bench.table import Finding, Goal, alternate, spread
from newsletter.clock import utc_now
from newsletter.deliveries.fan_out import fan_out

MOST_MICROSECONDS = 25.0
LEAST_SIGNED = 2_500.0


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Measure every part; `size` is the number of tasks, and of deliveries read and recorded."""
    rows: list[list[str]] = []
    with installation(services) as installed:
        stamps = _compare("stamp", stamp_costs(), rounds, rows)
        signed = 1e6 / _compare("stamp and sign", signing_costs(), rounds, rows)
        _compare("compile, once per variant", compile_costs(), rounds, rows)
        _compare("token of one link", token_costs(), rounds, rows)
        publication_id = add_publication()
        add_readers(publication_id, size)
        digest_id = frozen_digest(publication_id)
        fan_out(digest_id=digest_id, now=utc_now())
        _compare("read one recipient", read_costs(digest_id), rounds, rows)
        _compare("record one delivery", record_costs(digest_id), rounds, rows)
        task = task_cost(installed, tasks=size)
    rows.append(["one Celery task", "does nothing, one process", f"{task:,.0f}"])
    return Finding(
        title="Parts",
        columns=("part", "way", "µs"),
        rows=rows,
        goals=[
            Goal(
                f"stamping {OCTETS // 1000} kB with {TOKENS} tokens",
                f"≤ {MOST_MICROSECONDS:.0f} µs",
                f"{stamps:.1f} µs",
                stamps <= MOST_MICROSECONDS,
            ),
            Goal(
                "RSA-2048 DKIM in the worker, stamping included",
                f"≥ {LEAST_SIGNED:,.0f}/s per core",
                f"{signed:,.0f}/s",
                signed >= LEAST_SIGNED,
            ),
        ],
        notes=[
            f"{rounds} rounds in turns; wall time of one process, and for stamp and sign its "
            f"processor time. The message has {OCTETS:,} octets and {TOKENS} tokens. Database "
            "figures hold the round trip and the server's work, and are per recipient.",
        ],
    )


def _compare(part: str, costs: list[Cost], rounds: int, rows: list[list[str]]) -> float:
    """Add a row for each way; return the cost of the first, which is ours."""
    figures = alternate(rounds, *[cost.microseconds for cost in costs])
    for cost, found in zip(costs, figures, strict=True):
        rows.append([part, cost.way, spread(found, 1)])
    return sorted(figures[0])[len(figures[0]) // 2]
