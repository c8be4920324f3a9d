"""Whether a mail costs the same, and a worker stays as small, when the audience grows."""

from contextlib import ExitStack
from statistics import median

from bench.installation import Installation, installation
from bench.seeding import MAIL_OCTETS, add_publication, add_readers, frozen_digest
from bench.services import Services
from bench.sinks import Sink, any_sink
from bench.table import Finding, Goal, spread
from bench.workforce import Sending, send_digest

CONNECTIONS = 10
SMALLER = 100  # times
WITHIN_PERCENT, MOST_MEGABYTES = 10.0, 200.0


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Send to a hundredth of the readers and to all of them, in turns."""
    sizes = (max(size // SMALLER, 1), size)
    found: dict[int, list[Sending]] = {one: [] for one in sizes}
    with ExitStack() as stack:
        sink = stack.enter_context(any_sink(services.folder))
        installed = {one: _Audience(services, one, stack) for one in sizes}
        for _ in range(rounds):
            for one in sizes:
                found[one].append(installed[one].send(sink))
    small, large = (found[one] for one in sizes)
    processor, wall = (
        (median(map(cost, large)) / median(map(cost, small)) - 1) * 100 for cost in (_cpu, _wall)
    )
    peak = max(report.memory_peak for sending in large for report in sending.reports)
    return Finding(
        title="Cost and memory from few readers to many",
        columns=(
            "readers",
            "sending, processor µs a mail",
            "sending, µs a mail",
            "fan-out, µs a reader",
            "worker memory after the first batch → the last, MB",
            "peak, MB",
        ),
        rows=[_row(one, sendings) for one, sendings in found.items()],
        goals=[
            Goal(
                f"cost per message, {sizes[0]:,} → {sizes[1]:,} subscribers",
                f"within {WITHIN_PERCENT:.0f} %",
                f"{processor:+.0f} % of processor time, {wall:+.0f} % of time",
                max(processor, wall) <= WITHIN_PERCENT,
            ),
            Goal(
                "worker memory",
                f"flat, ≤ {MOST_MEGABYTES:.0f} MB",
                f"{peak:.0f} MB",
                peak <= MOST_MEGABYTES,
            ),
        ],
        notes=[
            f"Mails of {MAIL_OCTETS:,} octets, {rounds} rounds in turns, each audience in a "
            "database of its own. The goal is about the sending; what is done once a digest, such "
            "as compiling, weighs on the smaller one. Memory is the resident size of the worker "
            "process, which also runs the fan-out here.",
        ],
    )


class _Audience:
    """A publication with so many readers in an installation of its own."""

    def __init__(self, services: Services, readers: int, stack: ExitStack) -> None:
        self._installed: Installation = stack.enter_context(installation(services))
        self._publication_id = add_publication()
        add_readers(self._publication_id, readers)

    def send(self, sink: Sink) -> Sending:
        with self._installed.app.app_context():
            digest_id = frozen_digest(self._publication_id)
            url = sink.url(connections=CONNECTIONS)
            return send_digest(self._installed, digest_id, smtp_url=url)


def _cpu(sending: Sending) -> float:
    return sending.reports[0].send_cpu / sending.mails * 1e6


def _wall(sending: Sending) -> float:
    return sending.reports[0].send_seconds / sending.mails * 1e6


def _row(readers: int, sendings: list[Sending]) -> list[str]:
    reports = [sending.reports[0] for sending in sendings]
    first = median(report.memory[0] for report in reports)
    last = median(report.memory[-1] for report in reports)
    return [
        f"{readers:,}",
        spread([_cpu(sending) for sending in sendings], 1),
        spread([_wall(sending) for sending in sendings], 1),
        spread([report.fan_out_seconds / readers * 1e6 for report in reports], 1),
        f"{first:.0f} → {last:.0f}",
        f"{max(report.memory_peak for report in reports):.0f}",
    ]
