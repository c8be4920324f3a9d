"""Keep in touch with hubs, which tell us at once that a feed has something new (WebSub).

W3C Recommendation of 23 January 2018. Polling stays the safety net: a hub only brings the next
poll forward, so that one that errs or lies can do no more than that.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog

from newsletter.articles.feed_control import ask_for_whole_poll
from newsletter.articles.fetch_errors import FetchError
from newsletter.articles.models import Feed, HubLease, HubLeaseState
from newsletter.articles.send_form import send_form
from newsletter.config import settings
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

PATH = "/hubs/"

#: What we ask for; a hub may grant less, and we ask again when a quarter of it is left.
WISHED = timedelta(days=10)
SHORTEST_LEASE, LONGEST_LEASE = timedelta(minutes=5), timedelta(days=90)
#: How long a hub may take to ask back.
PATIENCE = timedelta(hours=1)

MOST_ASKED = 10
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=10), timedelta(days=1)

#: SHA-1 is in the Recommendation too and not taken any more.
DIGESTS = ("sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class Request:
    """What asking a hub needs to know."""

    id: int
    hub_url: str
    topic_url: str
    key: str


def hubs_can_reach_us() -> bool:
    """Tell whether BASE_URL is one that a hub elsewhere can call: https and public."""
    parts = urlsplit(settings.base_url)
    host = parts.hostname or ""
    if parts.scheme != "https" or "." not in host or host.endswith((".localhost", ".local")):
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return True


def sweep_hubs(*, clock: Callable[[], datetime]) -> int:
    """Ask hubs for leases that are missing or run out; return how many were asked.

    Opens units of work of its own, with the network between them.
    """
    if not hubs_can_reach_us():
        return 0
    with unit_of_work():
        _follow_announcements(now=clock())
    asked = 0
    for _ in range(MOST_ASKED):
        with unit_of_work():
            request = _claim(now=clock())
        if request is None:
            break
        asked += 1
        _ask(request)
    return asked


def lease_by_key(key: str) -> HubLease | None:
    """Return the lease that a hub names, if its feed is still read."""
    lease = db.session.scalar(sa.select(HubLease).where(HubLease.key == key))
    return lease if lease is not None and not lease.feed.disabled else None


def agrees(lease: HubLease, *, mode: str, topic: str, now: datetime) -> bool:
    """Say whether we did ask for what a hub asks back about (§5.3)."""
    is_pending = lease.asked_at is not None and now - lease.asked_at <= PATIENCE
    return mode == "subscribe" and topic == lease.topic_url and is_pending


def is_signed(lease: HubLease, *, signature: str, content: bytes) -> bool:
    """Check the signature of a ping (§7.1), in constant time; every key of ours counts."""
    method, _, given = signature.strip().partition("=")
    if method.lower() not in DIGESTS:
        return False
    wanted = (
        hmac.new(secret.encode(), content, method.lower()).hexdigest()
        for secret in secrets_of(lease.key)
    )
    given = given.strip().lower()
    return any([hmac.compare_digest(one.encode(), given.encode()) for one in wanted])


def take_ping(*, lease: HubLease, now: datetime) -> None:
    """Have the feed polled at once, unless its server asked to be left alone."""
    lease.last_ping_at = now
    feed = db.session.get_one(Feed, lease.feed_id, with_for_update=True, populate_existing=True)
    if feed.wait_until is None or feed.wait_until <= now:
        ask_for_whole_poll(feed=feed, slot=feed.read_whole_for, now=now)
    db.session.flush()
    log.info("hub_pinged", feed_id=feed.id)


def note_answer(*, lease_id: int, seconds: int, now: datetime) -> None:
    """Note what a hub granted when it asked back; no seconds: it refused."""
    lease = db.session.get(HubLease, lease_id, with_for_update=True)
    if lease is None or (seconds and lease.asked_at is None):
        return
    lease.asked_at = None
    if not seconds:
        lease.state, lease.lease_until = HubLeaseState.REFUSED, None
        lease.note, lease.next_attempt_at = "The hub refused.", now + _LONGEST_WAIT
    else:
        length = min(max(timedelta(seconds=seconds), SHORTEST_LEASE), LONGEST_LEASE)
        lease.state, lease.note, lease.attempts = HubLeaseState.ACTIVE, "", 0
        lease.lease_until = now + length
        lease.next_attempt_at = now + length * 3 / 4
    db.session.flush()
    log.info("hub_answered", feed_id=lease.feed_id, state=lease.state.value)


def _follow_announcements(*, now: datetime) -> None:
    """Give each feed that announces a hub a lease to ask for, and end those of other hubs."""
    rows = db.session.execute(
        sa.select(Feed, HubLease)
        .outerjoin(HubLease, HubLease.feed_id == Feed.id)
        .where(
            sa.or_(
                sa.and_(Feed.hub_url != "", HubLease.id.is_(None), Feed.disabled.is_(False)),
                HubLease.hub_url != Feed.hub_url,
                HubLease.topic_url != Feed.hub_topic,
            )
        )
    ).all()
    for feed, lease in rows:
        if lease is not None:
            db.session.delete(lease)
            db.session.flush()
        if feed.hub_url and not feed.disabled:
            fresh = HubLease(
                feed_id=feed.id,
                hub_url=feed.hub_url,
                topic_url=feed.hub_topic,
                key=secrets.token_hex(16),
                next_attempt_at=now,
            )
            db.session.add(fresh)
    db.session.flush()


def _claim(*, now: datetime) -> Request | None:
    """Take the next lease that is due in hand; it counts as asked before the hub can ask back."""
    lease = db.session.scalar(
        sa.select(HubLease)
        .join(Feed, Feed.id == HubLease.feed_id)
        .where(HubLease.next_attempt_at <= now, Feed.disabled.is_(False))
        .order_by(HubLease.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=HubLease)
    )
    if lease is None:
        return None
    lease.asked_at = now
    lease.attempts += 1
    if lease.lease_until is None or lease.lease_until <= now:
        lease.state, lease.lease_until = HubLeaseState.ASKED, None
    wait = min(_FIRST_WAIT * 2 ** min(lease.attempts - 1, 10), _LONGEST_WAIT)
    lease.next_attempt_at = now + wait
    db.session.flush()
    return Request(lease.id, lease.hub_url, lease.topic_url, lease.key)


def _ask(request: Request) -> None:
    """Ask a hub (§5.1); what it answers is only that it will ask back."""
    fields = {
        "hub.mode": "subscribe",
        "hub.topic": request.topic_url,
        "hub.callback": f"{settings.base_url}{PATH}{request.key}",
        "hub.lease_seconds": str(int(WISHED.total_seconds())),
        "hub.secret": secrets_of(request.key)[0],
    }
    try:
        send_form(request.hub_url, fields, allow=settings.fetch_allowed, base_url=settings.base_url)
    except FetchError as error:
        log.info("hub_not_asked", lease_id=request.id, reason=str(error))
        with unit_of_work():
            _note_failure(request.id, str(error))


def _note_failure(lease_id: int, reason: str) -> None:
    lease = db.session.get(HubLease, lease_id)
    if lease is not None:
        lease.note, lease.asked_at = reason, None
        db.session.flush()


def secrets_of(key: str) -> list[str]:
    """Return the secret of a lease under each of our keys, that of the newest first."""
    return [
        hmac.new(one.encode(), f"hub secret of {key}".encode(), hashlib.sha256).hexdigest()
        for one in settings.secret_keys
    ]
