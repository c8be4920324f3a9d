"""How much of a worker's processor time is neither SMTP nor stamping."""

from statistics import median

from bench.installation import installation
from bench.sections import REST, SMTP, STAMPING
from bench.seeding import MAIL_OCTETS, add_publication, add_readers, frozen_digest
from bench.services import Services
from bench.sinks import any_sink
from bench.table import Finding, Goal, spread
from bench.workforce import send_digest

CONNECTIONS = 10
MOST_PERCENT = 20.0

WORDS = {
    SMTP: "SMTP, kernel included",
    STAMPING: "stamping, personal links included",
    REST: "lease, read, ask again, journal, record",
}


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Send with every section of the worker timed."""
    costs: dict[str, list[float]] = {name: [] for name in WORDS}
    with installation(services) as installed, any_sink(services.folder) as sink:
        publication_id = add_publication()
        add_readers(publication_id, size)
        for _ in range(rounds):
            digest_id = frozen_digest(publication_id)
            url = sink.url(connections=CONNECTIONS)
            sending = send_digest(installed, digest_id, smtp_url=url, sections=True)
            report = sending.reports[0]
            report.sections[REST] -= report.fan_out_cpu  # has a row and a goal of its own
            for name, found in costs.items():
                found.append(report.sections.get(name, 0.0) / sending.mails * 1e6)
    middle = {name: median(found) for name, found in costs.items()}
    share = middle[REST] / sum(middle.values()) * 100
    rows = [
        (WORDS[name], spread(found, 1), f"{middle[name] / sum(middle.values()):.0%}")
        for name, found in costs.items()
    ]
    return Finding(
        title="Where the worker's processor time goes",
        columns=("section", "µs a mail", "share"),
        rows=rows,
        goals=[
            Goal(
                "CPU outside SMTP and stamping (queue, read, record)",
                f"≤ {MOST_PERCENT:.0f} %",
                f"{share:.0f} %",
                share <= MOST_PERCENT,
            )
        ],
        notes=[
            f"{size:,} mails of {MAIL_OCTETS:,} octets, {rounds} rounds. Processor time of the "
            "worker process, all threads, user and kernel; the database's own is not in it. "
            "Four marks a mail are in the figures, about 2 µs.",
        ],
    )
