"""What the doctor examines; each check asks one part and changes nothing."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from redis import RedisError

from newsletter import heartbeat
from newsletter.clock import utc_now
from newsletter.commands.doctor_bounces import bounce_findings
from newsletter.commands.doctor_dkim import dkim_findings
from newsletter.commands.doctor_domain import domain_findings
from newsletter.commands.doctor_mail import mail_findings
from newsletter.commands.findings import Finding, Level
from newsletter.config import settings
from newsletter.extensions import db, redis
from newsletter.jobs import QUEUES

#: Clocks further apart than this make leases, links and hours unreliable.
SKEW_SECONDS = 5


def examine(*, now: datetime) -> Iterator[Finding]:
    """Yield the findings, the parts that everything rests on first."""
    yield database_finding()
    yield queue_finding()
    yield worker_finding(now=now)
    yield from mail_findings()
    try:
        yield from bounce_findings(now=now)
    except sa.exc.SQLAlchemyError:
        db.session.rollback()  # the database has a finding of its own
    yield pictures_finding()
    yield from dkim_findings()
    yield from domain_findings()
    yield address_finding()
    yield clock_finding()


def database_finding() -> Finding:
    """Ask for an answer, and whether the tables are those of this version."""
    try:
        context = MigrationContext.configure(db.session.connection())
        found = set(context.get_current_heads())
    except sa.exc.SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).partition("\n")[0]
        db.session.rollback()
        return Finding(
            "database",
            Level.FAIL,
            f"It does not answer: {reason}",
            "Check DATABASE_URL and that the server runs.",
        )
    wanted = set(ScriptDirectory(current_app.extensions["migrate"].directory).get_heads())
    if found != wanted:
        return Finding(
            "database",
            Level.FAIL,
            f"Its tables are those of {', '.join(sorted(found)) or 'no version'}, "
            f"not of {', '.join(sorted(wanted))}.",
            "Run flask db upgrade.",
        )
    kind = db.engine.dialect.name
    if kind == "sqlite" and not settings.mail_goes_to_outbox:
        advice = "Use PostgreSQL where many readers sign up while mail goes out."
        return Finding("database", Level.WARN, "SQLite: one writer at a time.", advice)
    return Finding("database", Level.OK, f"{kind} answers, tables are current.")


def pictures_finding() -> Finding:
    """Look whether the folder of pictures can be written to by whoever asks."""
    folder = settings.picture_folder.absolute()
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Finding(
            "pictures",
            Level.WARN,
            f"{folder} cannot be written to by this account.",
            "Let the workers' account write there, or set PICTURES_DIR; "
            "until then articles are mailed without pictures.",
        )
    return Finding("pictures", Level.OK, f"They are kept in {folder}.")


def queue_finding() -> Finding:
    """Ask Redis for an answer, and whether it may throw jobs away."""
    try:
        redis.ping()
        policy = str(redis.info("memory").get("maxmemory_policy", "noeviction"))
    except RedisError as error:
        return Finding(
            "queue",
            Level.FAIL,
            f"Redis does not answer: {error}",
            "Check REDIS_URL; until then signups are kept and nothing is mailed.",
        )
    if policy != "noeviction":
        return Finding(
            "queue",
            Level.WARN,
            f"Redis may throw jobs away ({policy}); they are found again within a minute.",
            "Set maxmemory-policy noeviction.",
        )
    return Finding("queue", Level.OK, "Redis answers.")


def worker_finding(*, now: datetime) -> Finding:
    """Ask when a worker last gave a sign of life."""
    advice = "Start one: celery -A workers worker"
    try:
        last, unserved = heartbeat.last(redis), heartbeat.unserved(redis, now=now)
    except RedisError:
        return Finding("worker", Level.WARN, "Unknown while Redis is away.", "See the queue.")
    if unserved and len(unserved) < len(QUEUES):
        lacking = f"No worker takes from: {', '.join(unserved)}."
        return Finding("worker", Level.FAIL, lacking, f"{advice} -Q {','.join(unserved)}")
    if last is None:
        return Finding("worker", Level.FAIL, "No worker was seen for a week.", advice)
    seconds = (now - last).total_seconds()
    if seconds > heartbeat.SILENT_SECONDS:
        return Finding("worker", Level.FAIL, f"Silent for {seconds:,.0f} seconds.", advice)
    return Finding("worker", Level.OK, "At work.")


def address_finding() -> Finding:
    """Judge whether links in mails will open for readers."""
    parts = urlsplit(settings.base_url)
    if settings.mail_goes_to_outbox:
        return Finding("address", Level.OK, f"Links begin with {settings.base_url}.")
    if _is_private(parts.hostname or ""):
        return Finding(
            "address",
            Level.FAIL,
            f"Mail goes out, but its links begin with {settings.base_url}, "
            "which readers cannot open.",
            "Set BASE_URL to the public address of this service.",
        )
    if parts.scheme != "https":
        return Finding(
            "address",
            Level.WARN,
            f"Links begin with {settings.base_url}, so they travel unencrypted.",
            "Serve https and set BASE_URL to it; one-click unsubscribing needs it (RFC 8058).",
        )
    return Finding("address", Level.OK, f"Links begin with {settings.base_url}.")


def clock_finding() -> Finding:
    """Compare our clock with those of database and queue."""
    for name, moment in _other_clocks():
        skew = abs((utc_now() - moment).total_seconds())
        if skew > SKEW_SECONDS:
            return Finding(
                "clock",
                Level.FAIL,
                f"This machine and {name} differ by {skew:,.0f} seconds.",
                "Let both follow network time (NTP).",
            )
    return Finding("clock", Level.OK, f"It is {utc_now():%Y-%m-%d %H:%M:%S} UTC.")


def _other_clocks() -> Iterator[tuple[str, datetime]]:
    try:
        if db.engine.dialect.name == "postgresql":
            yield "the database", db.session.scalars(sa.select(sa.func.clock_timestamp())).one()
    except sa.exc.SQLAlchemyError:
        db.session.rollback()  # the database has a finding of its own
    try:
        seconds, microseconds = redis.time()
    except RedisError:
        return
    yield "Redis", datetime.fromtimestamp(seconds + microseconds / 1_000_000, UTC)


def _is_private(host: str) -> bool:
    """Whether a host is this machine or a network of our own; a name is taken to be public."""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host
