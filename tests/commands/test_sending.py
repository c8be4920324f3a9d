"""flask sending …"""

import json

import pytest
from flask import Flask

from newsletter.extensions import redis
from newsletter.mail.sending_hold import REDIS_KEY
from newsletter.staff.audit import latest_events
from tests.commands.conftest import Run
from workers import hold


def test_it_tells_that_nothing_is_held(run: Run, app: Flask) -> None:
    assert run("sending", "status").output == "Sending is not held.\n"
    assert json.loads(run("sending", "status", "--json").output)["held"] is False
    refused = run("sending", "release")
    assert refused.exit_code != 0
    assert "Sending is not held." in refused.output


@pytest.mark.usefixtures("app")
def test_what_no_worker_has_seen_yet_is_released_before_one_starts(run: Run) -> None:
    """As docs/deploying.md restores a backup: everything is stopped."""
    hold.mark()
    redis.set(REDIS_KEY, 50)
    assert "Released." in run("sending", "release").output
    assert not hold.is_held()


@pytest.mark.usefixtures("app")
def test_a_hold_that_no_worker_has_seen_yet_is_told(run: Run) -> None:
    hold.mark()
    redis.set(REDIS_KEY, 50)
    assert "restored from a backup" in run("sending", "status").output


@pytest.mark.usefixtures("app")
def test_a_hold_is_told_with_its_reason_and_released_for_good(run: Run) -> None:
    hold.mark()
    redis.set(REDIS_KEY, 50)
    assert hold.is_held()
    told = run("sending", "status").output
    assert "restored from a backup" in told
    assert "flask sending release" in told
    assert "Released." in run("sending", "release").output
    assert latest_events()[0].action == "sending_released"
    assert not hold.is_held()
    hold.mark()
    assert not hold.is_held()
