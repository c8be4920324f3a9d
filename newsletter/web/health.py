"""Health for machines: is the process alive, and can it do its work."""

from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from redis import RedisError

from newsletter import heartbeat
from newsletter.clock import utc_now
from newsletter.extensions import db, limiter, redis
from newsletter.web.access import public

blueprint = Blueprint("health", __name__)
limiter.exempt(blueprint)

OK, AWAY, SILENT, NEVER_SEEN = "ok", "away", "silent", "never seen"


@blueprint.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """Say that this process answers; a restart helps if it does not."""
    return jsonify(status=OK), 200, {"Cache-Control": "no-store"}


@blueprint.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Say which part is missing: 503 when pages or background work would stand still."""
    parts = {
        "database": database_state(),
        "redis": redis_state(),
        "worker": worker_state(utc_now()),
    }
    fine = all(state == OK for state in parts.values())
    body = jsonify(status=OK if fine else "not ready", **parts)
    return body, 200 if fine else 503, {"Cache-Control": "no-store"}


def database_state() -> str:
    """Ask the database for nothing but an answer."""
    try:
        db.session.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        return AWAY
    return OK


def redis_state() -> str:
    """Ask Redis for nothing but an answer."""
    try:
        redis.ping()
    except RedisError:
        return AWAY
    return OK


def worker_state(now: datetime) -> str:
    """Say when workers were last seen at work, as far as Redis knows."""
    try:
        last = heartbeat.last(redis)
    except RedisError:
        return "unknown"
    if last is None:
        return NEVER_SEEN
    age = (now - last).total_seconds()
    return OK if age <= heartbeat.SILENT_SECONDS else SILENT
