"""Whether the time of an answer tells who is known: signups of every kind of address in turns."""

import http.client
import random
import time
from datetime import timedelta
from math import erfc, sqrt
from statistics import median
from urllib.parse import urlencode

import sqlalchemy as sa

from bench.installation import installation
from bench.seeding import add_publication, add_readers, refresh_statistics
from bench.services import Services
from bench.table import Finding, Goal
from bench.web_service import pages
from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import Source, Subscriber
from newsletter.subscriptions.signup import sign_up
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress
from newsletter.unit_of_work import unit_of_work

#: Three comparisons are made; of samples that do not differ one in a hundred comparisons says so.
LEAST_P = 0.01
#: Warm-up requests, not counted.
FIRST = 50
KINDS = ("new", "pending", "confirmed", "suppressed")


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Sign up `size` addresses of each kind over one connection, the kinds shuffled."""
    with installation(services) as installed:
        publication_id = add_publication()
        addresses = _addresses(publication_id, size * rounds)
        order = [(kind, address) for kind in KINDS for address in addresses[kind]]
        random.Random(7).shuffle(order)
        with pages(installed) as port:
            times, answers = _ask(port, order)
    tests = {kind: mann_whitney(times["new"], times[kind]) for kind in KINDS[1:]}
    least = min(tests.values())
    return Finding(
        title="The time of a signup by what we know of the address",
        columns=("address", "requests", "median, ms", "p95, ms", "differs from new, p"),
        rows=[
            [kind, str(len(found)), *_milliseconds(found), _p(tests.get(kind))]
            for kind, found in times.items()
        ],
        goals=[
            Goal("signup answers by address", "one body and status", f"{answers}", answers == 1),
            Goal(
                "signup times by address",
                f"none differs: p ≥ {LEAST_P} (Mann–Whitney, two-sided)",
                f"smallest p {least:.3f}",
                least >= LEAST_P,
            ),
        ],
        notes=[
            "Over one kept connection, the kinds shuffled, each address once, from before the "
            "request is written to the last octet of the answer. “Pending” asked a moment before, "
            "so that no second letter is owed; a suppressed address is owed one that no worker "
            "sends.",
        ],
    )


def mann_whitney(one: list[float], other: list[float]) -> float:
    """Return the two-sided p that two samples are of one distribution (normal approximation).

    Ties get the mean of their ranks, and the variance its correction for them.
    """
    pooled = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    total, ranks, ties, start = len(pooled), 0.0, 0.0, 0
    while start < total:
        end = start
        while end < total and pooled[end][0] == pooled[start][0]:
            end += 1
        rank = (start + 1 + end) / 2
        ranks += rank * sum(1 for _, side in pooled[start:end] if side == 0)
        ties += (end - start) ** 3 - (end - start)
        start = end
    n, m = len(one), len(other)
    u = ranks - n * (n + 1) / 2
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance == 0:
        return 1.0
    return erfc(max(abs(u - n * m / 2) - 0.5, 0.0) / sqrt(2 * variance))


def _addresses(publication_id: int, count: int) -> dict[str, list[str]]:
    """Make so many addresses of each kind, those that have to be known with their rows."""
    add_readers(publication_id, count)
    found = {kind: [f"{kind}{number}@example.net" for number in range(count)] for kind in KINDS}
    found["confirmed"] = list(db.session.scalars(sa.select(Subscriber.email).limit(count)))
    moment = utc_now() - timedelta(minutes=5)
    with unit_of_work() as session:
        publication = session.get_one(Publication, publication_id)
        for address in found["pending"]:
            sign_up(
                publication=publication,
                email=address,
                cadence=None,
                topics=(),
                name="",
                request=RequestEvidence(source=Source.PAGE),
                now=moment,
            )
        for address in found["suppressed"]:
            suppress(address=address, reason=SuppressionReason.COMPLAINT, now=moment)
    refresh_statistics()
    return found


def _ask(port: int, order: list[tuple[str, str]]) -> tuple[dict[str, list[float]], int]:
    """Send the signups one after the other; return their times, and how many answers there were."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    answers = set()
    warm = [("", f"warm{number}@example.net") for number in range(FIRST)]
    for kind, address in [*warm, *order]:
        body = urlencode({"email": address, "publication": "measured"})
        begun = time.perf_counter()
        connection.request(
            "POST", "/subscribe", body, {"Content-Type": "application/x-www-form-urlencoded"}
        )
        response = connection.getresponse()
        answer = (response.status, response.read())
        taken = time.perf_counter() - begun
        if kind:
            times[kind].append(taken)
            answers.add(answer)
    connection.close()
    return times, len(answers)


def _milliseconds(found: list[float]) -> list[str]:
    ranked = sorted(found)
    slow = ranked[min(int(len(ranked) * 0.95), len(ranked) - 1)]
    return [f"{median(found) * 1000:.2f}", f"{slow * 1000:.2f}"]


def _p(found: float | None) -> str:
    return "–" if found is None else f"{found:.3f}"
