"""The whole path, fan-out to the last row recorded, against `smtp-source` to the same sink."""

from dataclasses import dataclass
from statistics import median

from bench.installation import Installation, installation
from bench.programs import CannotMeasure
from bench.seeding import MAIL_OCTETS, add_publication, add_readers, frozen_digest
from bench.services import Services
from bench.sinks import any_sink, source_rate
from bench.table import Finding, Goal, alternate, median_ratio, spread
from bench.workforce import send_digest

CONNECTIONS = 10
SHORT_OCTETS = 11_000
RATIO, RATE = 0.7, 15_000


@dataclass(frozen=True)
class _Rates:
    """Mails a second of both sides, round by round, for mails of one size."""

    octets: int
    sink: str
    ours: list[float]
    theirs: list[float]

    def row(self) -> list[str]:
        ratio = median_ratio(self.ours, self.theirs)
        figures = (spread(self.ours), spread(self.theirs), f"{ratio:.2f}")
        return [f"{self.octets:,}", self.sink, *figures]


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Measure with mails of two sizes."""
    with installation(services) as installed:
        publication_id = add_publication()
        add_readers(publication_id, size)
        found = [
            _rates(installed, publication_id, octets, size, rounds)
            for octets in (MAIL_OCTETS, SHORT_OCTETS)
        ]
    return Finding(
        title="Whole path",
        columns=("mail, octets", "sink", "whole path, mails/s", "smtp-source, mails/s", "ratio"),
        rows=[rates.row() for rates in found],
        goals=_goals(found),
        notes=[
            f"{size:,} readers, {CONNECTIONS} connections, {rounds} rounds in turns. The time of "
            "the path runs from before the fan-out to after the last record and includes "
            "rendering; its worker process takes the batches one after the other, as the queue "
            "would hand them out.",
        ],
    )


def _goals(found: list[_Rates]) -> list[Goal]:
    usual = found[0]
    ratio = median_ratio(usual.ours, usual.theirs)
    best = max(median(rates.ours) for rates in found)
    sink_allows = any(median(rates.theirs) >= RATE for rates in found)
    return [
        Goal(
            "whole path, fan-out to last row recorded, one worker process",
            f"≥ {RATIO} of smtp-source to the same sink",
            f"{ratio:.2f}",
            ratio >= RATIO,
        ),
        Goal(
            "the same, absolute",
            f"≥ {RATE:,}/s where the sink allows it",
            " and ".join(f"{median(one.ours):,.0f}/s at {one.octets:,} octets" for one in found),
            best >= RATE or (False if sink_allows else None),
        ),
    ]


def _rates(
    installed: Installation, publication_id: int, octets: int, size: int, rounds: int
) -> _Rates:
    with any_sink(installed.folder) as sink:

        def path() -> float:
            digest_id = frozen_digest(publication_id, mail_octets=octets)
            url = sink.url(connections=CONNECTIONS)
            return send_digest(installed, digest_id, smtp_url=url).rate

        def source() -> float:
            return source_rate(sink, messages=size, octets=octets, sessions=CONNECTIONS)

        ours, theirs = alternate(rounds, path, source)
    if sink.totals.messages not in (None, 2 * rounds * size):
        raise CannotMeasure(f"the sink counted {sink.totals.messages} mails")
    return _Rates(octets, sink.name, ours, theirs)
