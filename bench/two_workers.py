"""Two worker processes against one, with a relay that takes its time and with one that does not."""

import os

from bench.installation import Installation, installation
from bench.seeding import MAIL_OCTETS, add_publication, add_readers, frozen_digest
from bench.services import Services
from bench.sinks import Sink, any_sink, can_build, fast_sink
from bench.table import Finding, Goal, alternate, median_ratio, spread
from bench.workforce import send_digest
from newsletter.clock import utc_now
from newsletter.deliveries.fan_out import fan_out

#: The relay of the goal answers after so long, over so few connections, that it and not the
#: processors decides how fast one worker is.
ANSWER_MS, CONNECTIONS = 10, 8
RATIO = 1.8


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Send by one and by two workers in turns; the fan-out is done before."""
    with installation(services) as installed:
        publication_id = add_publication()
        add_readers(publication_id, size)
        rows, ratios = [], {}
        delays = (ANSWER_MS, 0) if can_build() else (0,)
        for delay_ms in delays:
            with (
                fast_sink(services.folder, delay_ms=delay_ms)
                if delay_ms
                else any_sink(services.folder) as sink
            ):
                two, one = _rates(installed, publication_id, sink, rounds)
            ratios[delay_ms] = median_ratio(two, one)
            answers = f"after {delay_ms} ms" if delay_ms else "at once"
            rows.append((answers, spread(one), spread(two), f"{ratios[delay_ms]:.2f}"))
    ratio = ratios[delays[0]]
    return Finding(
        title="Two workers against one",
        columns=("the relay answers", "one worker, mails/s", "two workers, mails/s", "ratio"),
        rows=rows,
        goals=[
            Goal(
                "2 workers against 1, sink not the limit",
                f"≥ {RATIO} ×",
                f"{ratio:.2f} ×",
                ratio >= RATIO or (None if ANSWER_MS not in ratios else False),
            )
        ],
        notes=[
            f"{size:,} mails of {MAIL_OCTETS:,} octets, {CONNECTIONS} connections a worker, "
            f"{rounds} rounds in turns.",
            f"With answers after {ANSWER_MS} ms neither sink nor processor is the limit, so the "
            "ratio tells whether workers get into each other's way: leases, rows, queue. With "
            f"answers at once {os.cpu_count()} processors are shared by the workers, the sink, "
            "PostgreSQL and Redis, and the ratio tells what the machine has left to give.",
        ],
    )


def _rates(
    installed: Installation, publication_id: int, sink: Sink, rounds: int
) -> tuple[list[float], list[float]]:
    def rate(workers: int) -> float:
        digest_id = frozen_digest(publication_id)
        fan_out(digest_id=digest_id, now=utc_now())
        url = sink.url(connections=CONNECTIONS)
        sending = send_digest(installed, digest_id, smtp_url=url, workers=workers, fan_out=False)
        return sending.rate

    two, one = alternate(rounds, lambda: rate(2), lambda: rate(1))
    return two, one
