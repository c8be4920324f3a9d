"""A relay 50 ms away: the path against a client that waits for every reply, as smtplib does."""

import smtplib
import time
from concurrent.futures import ThreadPoolExecutor

from bench.installation import installation
from bench.seeding import MAIL_OCTETS, add_publication, add_readers, frozen_digest, prose
from bench.services import Services
from bench.sinks import Sink, fast_sink
from bench.table import Finding, Goal, alternate, median_ratio, spread
from bench.workforce import send_digest

ROUND_TRIP_MS, CONNECTIONS = 50, 10
RATIO = 3.5


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Measure rates over ten connections; the slower side sends a quarter of the mails."""
    with (
        installation(services) as installed,
        fast_sink(services.folder, delay_ms=ROUND_TRIP_MS) as sink,
    ):
        publication_id = add_publication()
        add_readers(publication_id, size)

        def path() -> float:
            digest_id = frozen_digest(publication_id)
            url = sink.url(connections=CONNECTIONS)
            sending = send_digest(installed, digest_id, smtp_url=url)
            return sending.mails / sending.reports[0].send_seconds

        def lock_step() -> float:
            return _lock_step_rate(sink, messages=max(size // 4, CONNECTIONS))

        ours, theirs = alternate(rounds, path, lock_step)
    ratio = median_ratio(ours, theirs)
    return Finding(
        title="A relay 50 ms away",
        columns=("side", "connections", "mails/s"),
        rows=[
            ("sending of the path", str(CONNECTIONS), spread(ours, 1)),
            ("four round trips a mail (smtplib)", str(CONNECTIONS), spread(theirs, 1)),
            ("ratio", "", f"{ratio:.2f}"),
        ],
        goals=[
            Goal(
                f"with {ROUND_TRIP_MS} ms round trips, {CONNECTIONS} connections",
                f"≥ {RATIO} × a four-round-trip client",
                f"{ratio:.2f} ×",
                ratio >= RATIO,
            )
        ],
        notes=[
            f"{size:,} mails of {MAIL_OCTETS:,} octets. The sink answers each command "
            f"{ROUND_TRIP_MS} ms after it came in, several that came together at once; what the "
            "line itself would add – a growing window, loss – is not imitated.",
        ],
    )


def _lock_step_rate(sink: Sink, *, messages: int) -> float:
    content = f"Subject: A report\r\n\r\n{prose(MAIL_OCTETS)}".replace("\n", "\r\n")

    def send(count: int) -> None:
        with smtplib.SMTP("127.0.0.1", sink.port, local_hostname="news.example.org") as smtp:
            smtp.ehlo()
            for number in range(count):
                reader = f"reader{number}@example.org"
                smtp.sendmail("news@example.org", [reader], content.encode())

    each = messages // CONNECTIONS
    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(send, [each] * CONNECTIONS))
    return each * CONNECTIONS / (time.perf_counter() - started)
