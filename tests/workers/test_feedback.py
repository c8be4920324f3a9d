"""Tasks for what comes back: each a thin call, and trouble with the mailbox is told once."""

import pytest
from flask import Flask
from structlog.testing import capture_logs

from newsletter.clock import utc_now
from newsletter.feedback import mailbox
from newsletter.feedback.handle import LATE
from newsletter.feedback.receive import receive_mail
from newsletter.jobs import Job
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make, reload
from tests.feedback.imap_server import imap_server
from tests.feedback.sent import deliveries, return_path, sent_digest
from tests.listener import Listener
from tests.mail.bounce_samples import dsn
from workers import feedback


def test_a_notice_whose_job_was_lost_is_asked_for_and_handled(make: Make, queue: Listener) -> None:
    (delivery,) = deliveries(sent_digest(make))
    with unit_of_work():
        receive_mail(octets=dsn(), recipient=return_path(delivery), now=utc_now() - LATE)
    queue.jobs.clear()
    feedback.sweep()
    ((job, ids),) = queue.jobs
    assert job is Job.HANDLE_NOTICE
    feedback.handle(**ids)
    assert reload(delivery).state.value == "bounced"


def test_a_full_mailbox_is_emptied_in_one_task(
    app: Flask, queue: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "AT_ONCE", 2)
    monkeypatch.setattr(feedback, "AT_ONCE", 2)
    with imap_server() as store:
        for _ in range(3):
            store.add(dsn())
        update = {"bounce_imap_url": store.url}
        settings = app.extensions["settings"].model_copy(update=update)
        monkeypatch.setitem(app.extensions, "settings", settings)
        feedback.poll()
        assert store.folders["INBOX"] == {}


def test_the_mailbox_is_emptied_where_there_is_one(
    app: Flask, queue: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    feedback.poll()
    with imap_server() as store:
        store.add(dsn())
        update = {"bounce_imap_url": store.url}
        settings = app.extensions["settings"].model_copy(update=update)
        monkeypatch.setitem(app.extensions, "settings", settings)
        feedback.poll()
    assert [job for job, _ in queue.jobs] == [Job.HANDLE_NOTICE]
    with capture_logs() as logs:
        feedback.poll()
    assert [line["event"] for line in logs] == ["mailbox_unavailable"]
