"""Clicks on counted links: noted in Redis within the request, added to the rows each minute.

A request writes no row, keeps no address and needs no Redis: without it a link leads where it
leads, and its click is not counted.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network

import sqlalchemy as sa

from newsletter.config import settings
from newsletter.digests.machines import Click, comes_from, says_it_is_a_machine, told_apart
from newsletter.digests.models import CountedLink, Digest
from newsletter.extensions import db, redis
from newsletter.keyed_hash import keyed_hash
from newsletter.waiting_notes import WaitingNotes

#: Clicks that may be people's. What comes too fast for it is a machine's, whoever it says it is.
WAITING = WaitingNotes("clicks")
#: Clicks by link that say themselves that they are a machine's; then those being added.
MACHINES, TAKEN = "newsletter:machine-clicks", "newsletter:machine-clicks-taken"


@dataclass(frozen=True, slots=True)
class Visit:
    """What a request says of itself; nothing of it is kept."""

    method: str
    user_agent: str
    purpose: str
    address: str


def note_click(*, link_id: int, digest_id: int, visit: Visit, now: datetime) -> None:
    """Note a click; never raises, since the reader waits for her page."""
    WAITING.attempt(lambda: _note(link_id, digest_id, visit, now))


def _note(link_id: int, digest_id: int, visit: Visit, now: datetime) -> None:
    named = says_it_is_a_machine(user_agent=visit.user_agent, purpose=visit.purpose)
    if named or comes_from(visit.address, settings.known_scanners):
        redis.hincrby(MACHINES, str(link_id), 1)
        return
    # HEAD waits too: it tells on the same visitor's GET.
    click = Click(
        at=now.timestamp(),
        link_id=link_id,
        visitor=_visitor(digest_id, visit, now),
        is_machine=visit.method == "HEAD",
    )
    if not WAITING.push(click.written()):
        redis.hincrby(MACHINES, str(link_id), 1)


def _visitor(digest_id: int, visit: Visit, now: datetime) -> str:
    """Return what tells one visitor's clicks from another's within an hour, and says no more."""
    # Not the network: one /24 of a mobile carrier holds many readers with the same browser.
    household = visit.address if ":" not in visit.address else _prefix(visit.address)
    said = f"{digest_id} {now:%Y%m%d%H} {household} {visit.user_agent}"
    key = keyed_hash(settings.secret_keys[0].encode())
    return key.digest(b"visitor\0" + said.encode())[:8].hex()


def _prefix(address: str) -> str:
    """Return the /64 of an IPv6 address, within which devices change theirs by themselves."""
    return str(ip_network(f"{address}/64", strict=False))


@dataclass(frozen=True, slots=True)
class TakenClicks:
    """What has settled, told apart, on its way into the rows."""

    people: Counter[int]
    machines: Counter[int]
    settled: int  # of those that wait, from the oldest on


def take_clicks(*, now: datetime) -> TakenClicks | None:
    """Return the clicks of a minute ago and older; None while another worker has them in hand.

    They stay in Redis until `forget_clicks`.
    """
    taken = WAITING.take(now=now)
    if taken is None:
        return None
    clicks = [Click.read(line) for line in taken.lines]
    beginnings = _beginnings({one.link_id for one in clicks[: taken.settled]})
    people, machines = told_apart(clicks, beginnings=beginnings, settled=taken.settled)
    return TakenClicks(people, machines + _take_machines(), taken.settled)


def add_clicks(taken: TakenClicks) -> None:
    """Add them to their links."""
    for link_id in sorted(taken.people.keys() | taken.machines.keys()):
        db.session.execute(
            sa.update(CountedLink)
            .where(CountedLink.id == link_id)
            .values(
                clicks=CountedLink.clicks + taken.people[link_id],
                machine_clicks=CountedLink.machine_clicks + taken.machines[link_id],
            )
            .execution_options(synchronize_session=False)
        )


def forget_clicks(taken: TakenClicks) -> None:
    """Take them out of Redis, once they are in the rows."""
    redis.delete(TAKEN)
    WAITING.forget(taken.settled)


def _take_machines() -> Counter[int]:
    """Return the counts that are to be added, apart from those that go on growing."""
    if not redis.exists(TAKEN) and redis.exists(MACHINES):
        redis.rename(MACHINES, TAKEN)
    return Counter({int(link): int(count) for link, count in redis.hgetall(TAKEN).items()})


def _beginnings(link_ids: Iterable[int]) -> dict[int, float]:
    """Return when the digest of each link began to go out."""
    rows = db.session.execute(
        sa.select(CountedLink.id, Digest.fanned_out_at)
        .join(Digest, CountedLink.digest_id == Digest.id)
        .where(CountedLink.id.in_(list(link_ids)))
    )
    return {link_id: moment.timestamp() for link_id, moment in rows if moment}
