"""The pages under load: signup pages, signups, link scanners, one-click while a digest is sent."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from bench.installation import Installation, installation
from bench.programs import running, wait_until
from bench.seeding import MAIL_OCTETS, add_article, add_publication, add_readers, start_digest
from bench.services import Services
from bench.sinks import any_sink
from bench.table import Finding, Goal
from bench.web_service import CONNECTIONS, THREADS, WORKERS, Load, get, pages, post, put_load
from newsletter.clock import utc_now
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.digests.models import Digest
from newsletter.extensions import db
from newsletter.subscriptions.links import confirm_url, link_writer, one_click_url
from newsletter.subscriptions.models import Subscription

#: Requests a second of each part, and how many of them for each page of `size`.
PAGES, SIGNUPS, SCANNERS, ONE_CLICKS = 300, 200, 2_000, 100
SLOWEST_SECONDS = 0.3
#: The digest of the last part goes out at this pace, so that it lasts as long as the one-clicks.
MAILS = 1_500
#: Whoever left is sent nothing more after so long.
HONOURED_SECONDS = 3.0
TOKENS = 500
NAMES = {
    "page": f"signup page, {PAGES} GET/s",
    "signup": f"signup, {SIGNUPS} POST/s",
    "scanners": f"link scanners, {SCANNERS:,} GET/s",
    "one-click": f"one-click inside a running send, {ONE_CLICKS} POST/s",
}


def measure(services: Services, *, size: int, rounds: int) -> Finding:
    """Put each load on the pages for the time that `size` signup pages take at their rate."""
    seconds = size / PAGES
    with installation(services) as installed, any_sink(services.folder) as sink:
        publication_id = add_publication()
        readers = max(int(MAILS * seconds * 1.3), TOKENS)
        add_readers(publication_id, readers)
        add_article(publication_id)
        with pages(installed) as port:
            put_load(port, [get("/")], rate=0, count=20)  # until all is loaded
            # Scanners before signups: PostgreSQL tells of rows that were written some seconds late.
            found = {
                "page": put_load(port, [get("/")], rate=PAGES, count=size),
                "scanners": put_load(
                    port, _scanned(), rate=SCANNERS, count=int(SCANNERS * seconds / 2)
                ),
                "signup": put_load(port, [_signup()], rate=SIGNUPS, count=int(SIGNUPS * seconds)),
            }
            url = f"{sink.url(connections=10)}&rate={MAILS}/s"
            with _worker(installed, smtp_url=url):
                found["one-click"], late = _one_clicks(publication_id, port, seconds)
    return Finding(
        title="The pages under load",
        columns=("load", "answers/s", "p50, ms", "p95, ms", "5xx and lost", *_COSTS),
        rows=[_row(NAMES[name], load) for name, load in found.items()],
        goals=_goals(found, late),
        notes=[
            f"{WORKERS} gunicorn processes of {THREADS} threads, PostgreSQL, Redis and the load "
            f"itself on the same processors; {seconds:,.0f} s each, scanners half as long, over "
            f"{CONNECTIONS} kept connections. Each request has its moment and its time counts "
            "from there. Processor time is that of a request in each kind of process; a load "
            "that misses its rate is limited by their sum, two processors being 2,000 ms a second.",
            f"Signups come from this machine, whose networks are not counted, each by another "
            f"address. Mails of {MAIL_OCTETS:,} octets go out at {MAILS:,} a second meanwhile.",
        ],
    )


_COSTS = ("web, CPU ms", "PostgreSQL, CPU ms", "processors busy")


def _signup() -> str:
    return post("/subscribe", "email=load-@@@@@@@@%40example.net&publication=measured")


def _scanned() -> list[str]:
    """Return GETs of links as mails carry them: confirm, unsubscribe, preferences in turns."""
    rows = db.session.scalars(sa.select(Subscription).order_by(Subscription.id).limit(TOKENS))
    paths = []
    for number, row in enumerate(rows):
        links = link_writer().reader_links(subscription_id=row.id)
        choices = (
            confirm_url(subscription=row, now=utc_now()),
            links.unsubscribe_url,
            links.preferences_url,
        )
        paths.append(choices[number % 3])
    db.session.rollback()
    return [get("/" + path.split("/", 3)[3]) for path in paths]


@contextmanager
def _worker(installed: Installation, *, smtp_url: str) -> Iterator[None]:
    command = [
        *(sys.executable, "-m", "celery", "-A", "workers", "-q", "worker", "-n", "digests@%h"),
        *("-Q", "articles,deliveries,digests,upkeep", "--concurrency", "1"),
        *("--without-gossip", "--without-mingle"),
    ]
    environment = installed.environment(smtp_url=smtp_url)
    with running(command, log=installed.folder / "worker.log", environment=environment):
        yield


def _one_clicks(publication_id: int, port: int, seconds: float) -> tuple[Load, int]:
    """Let readers leave while a digest goes out; return the load, and mails that came too late."""
    count = max(int(ONE_CLICKS * seconds), 1)
    last = sa.select(Subscription.id).order_by(Subscription.id.desc()).limit(count)
    last = last.where(Subscription.publication_id == publication_id)
    leaving = list(db.session.scalars(last.where(Subscription.confirmed_at.is_not(None))))
    db.session.rollback()
    links = [one_click_url(subscription_id=one) for one in leaving]
    requests = [post("/" + link.split("/", 3)[3], "List-Unsubscribe=One-Click") for link in links]
    digest_id = start_digest(publication_id)
    wait_until(lambda: _sent(digest_id) > 0, seconds=300, what="the first mail")
    load = put_load(port, requests, rate=ONE_CLICKS, count=len(requests))
    return load, _sent_too_late(digest_id, leaving)


def _sent(digest_id: int) -> int:
    db.session.rollback()
    sent = sa.exists().where(Delivery.digest_id == digest_id, Delivery.state == DeliveryState.SENT)
    return int(bool(db.session.scalar(sa.select(sent))))


def _sent_too_late(digest_id: int, leaving: list[int]) -> int:
    """Wait for the digest's end; count the mails to those who had left for long enough."""

    def is_over() -> bool:
        db.session.rollback()
        return db.session.get_one(Digest, digest_id).state.value == "sent"

    wait_until(is_over, seconds=3600, what="the end of the digest")
    left_for = sa.func.extract("epoch", Delivery.sent_at - Subscription.unsubscribed_at)
    late = (
        sa.select(sa.func.count())
        .select_from(Delivery)
        .join(Subscription, Delivery.subscription_id == Subscription.id)
        .where(Delivery.digest_id == digest_id, Delivery.state == DeliveryState.SENT)
        .where(Subscription.id.in_(leaving), left_for > HONOURED_SECONDS)
    )
    return int(db.session.scalars(late).one())


def _row(name: str, load: Load) -> list[str]:
    report = load.report
    busy = sum(load.cpu.values()) / report.seconds
    return [
        name,
        f"{load.rate:,.0f}",
        f"{report.percentile(0.5) * 1000:.1f}",
        f"{report.percentile(0.95) * 1000:.1f}",
        f"{load.failures}",
        f"{load.milliseconds('web'):.2f}",
        f"{load.milliseconds('PostgreSQL'):.2f}",
        f"{busy:.2f}",
    ]


def _goals(found: dict[str, Load], late: int) -> list[Goal]:
    wanted = {"page": PAGES, "scanners": SCANNERS, "signup": SIGNUPS, "one-click": ONE_CLICKS}
    goals = [_goal(NAMES[name], load, wanted[name]) for name, load in found.items()]
    writes, honoured = found["scanners"].writes, late == 0
    return [
        *goals,
        Goal("link scanners write in the request", "no row", f"{writes} rows", writes == 0),
        Goal(
            f"one-click is honoured within {HONOURED_SECONDS:.0f} s inside a running send",
            "0 mails later",
            f"{late} mails of {found['one-click'].count:,} who left",
            honoured,
        ),
    ]


def _goal(name: str, load: Load, rate: int) -> Goal:
    slow = load.report.percentile(0.95)
    met = load.rate >= 0.95 * rate and slow <= SLOWEST_SECONDS and not load.failures
    odd = {s: n for s, n in load.report.statuses.items() if s != "200"}
    return Goal(
        name,
        f"p95 ≤ {SLOWEST_SECONDS * 1000:.0f} ms, no 5xx",
        f"{load.rate:,.0f}/s, p95 {slow * 1000:.0f} ms, {load.failures} failed"
        + (f", {odd}" if odd else ""),
        met and not odd,
    )
