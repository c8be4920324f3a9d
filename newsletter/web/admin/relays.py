"""Relays: which of them take no mail, and releasing one that was stopped."""

import contextlib
from collections.abc import Iterator
from datetime import datetime

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError

from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.extensions import db, redis
from newsletter.mail.models import RelayStop
from newsletter.mail.relay_health import reopen
from newsletter.mail.relay_states import RelayStanding, RelayState, relay_standings
from newsletter.mail.relay_stops import RelayNotStopped, release_stop
from newsletter.mail.smtp_url import relay_addresses
from newsletter.staff import audit
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import staff
from newsletter.web.admin.acting import staff_member
from newsletter.web.admin.blueprint import admin


@admin.post("/relays/<int:stop_id>/release")
@staff(StaffRole.EDITOR)
def relay_release(stop_id: int) -> ResponseReturnValue:
    """Let mail go to a stopped relay again."""
    stop = db.session.get(RelayStop, stop_id)
    relay = stop.relay if stop else ""
    try:
        with unit_of_work():
            release_stop(relay=relay)
            audit.record("relay_released", staff=staff_member(), now=utc_now(), detail=relay)
    except RelayNotStopped:
        flash("Somebody else released it.", "warning")
    else:
        with contextlib.suppress(RedisError):  # workers then find the row gone by themselves
            reopen(redis, relay=relay)
        flash(f"The relay {relay} is released. It begins with one connection.")
    return redirect(url_for("admin.overview"))


def troubled_relays(now: datetime) -> Iterator[RelayStanding]:
    """Yield the relays of this installation that take no mail or little, the stopped first."""
    used = relay_addresses(settings.smtp_url)
    found = relay_standings(used, redis=redis, now=now)
    well = (RelayState.WELL, RelayState.UNKNOWN)
    troubled = [one for one in found if one.relay in used and one.state not in well]
    yield from sorted(troubled, key=lambda one: one.state is not RelayState.STOPPED)
