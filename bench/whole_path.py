"""The whole path, fan-out to the last row recorded, against `smtp-source` to the same sink."""

from statistics import median

from bench.installation import Installation, installation
from bench.seeding import MAIL_OCTETS, add_publication, add_readers, frozen_digest
from bench.services import Services
from bench.sinks import any_sink, source_rate
from bench.table import Finding, Goal, alternate, median_ratio, spread
from bench.workforce import send_digest

CONNECTIONS = 10
SHORT_OCTETS = 11_000
RATIO, RATE = 0.7, 15_000


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Measure with mails of two sizes."""
    with installation(services) as installed:
        publication_id = add_publication()
        add_readers(publication_id, size)
        sizes = [
            _one_size(installed, publication_id, octets, size, rounds)
            for octets in (MAIL_OCTETS, SHORT_OCTETS)
        ]
    rows = [row for row, _, _ in sizes]
    ratio, rate = sizes[0][1], max(rate for _, _, rate in sizes)
    return Finding(
        title="Whole path",
        columns=("mail, octets", "sink", "whole path, mails/s", "smtp-source, mails/s", "ratio"),
        rows=rows,
        goals=[
            Goal(
                "whole path, fan-out to last row recorded, one worker process",
                f"≥ {RATIO} of smtp-source to the same sink",
                f"{ratio:.2f}",
                ratio >= RATIO,
            ),
            Goal(
                "the same, absolute",
                f"≥ {RATE:,}/s where the sink allows it",
                f"{rate:,.0f}/s",
                rate >= RATE or None,
            ),
        ],
        notes=[
            f"{size:,} readers, {CONNECTIONS} connections, {rounds} rounds in turns; medians and "
            "range. The time of the path runs from before fan-out to after the last record and "
            "includes rendering.",
        ],
    )


def _one_size(
    installed: Installation, publication_id: int, wished: int, size: int, rounds: int
) -> tuple[list[str], float, float]:
    """Return the row, the ratio and the median rate of one size of mail."""
    with any_sink(installed.folder) as sink:

        def path() -> float:
            digest_id = frozen_digest(publication_id, mail_octets=wished)
            url = sink.url(connections=CONNECTIONS)
            return send_digest(installed, digest_id, smtp_url=url).rate

        def source() -> float:
            return source_rate(sink, messages=size, octets=wished, sessions=CONNECTIONS)

        ours, theirs = alternate(rounds, path, source)
    ratio = median_ratio(ours, theirs)
    row = [f"{wished:,}", sink.name, spread(ours), spread(theirs), f"{ratio:.2f}"]
    return row, ratio, median(ours)
