"""Mail that comes back by a pipe or by LMTP: stored, or kept by the mail server until it is."""

import os
import smtplib
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError

from newsletter.commands import bounces_listen
from newsletter.extensions import db
from newsletter.feedback.models import Notice, NoticeResult
from tests.factories import Make
from tests.feedback.sent import deliveries, handle_all, return_path, sent_digest
from tests.mail.bounce_samples import dsn


def away(**_: Any) -> bool:
    raise OperationalError("INSERT", {}, Exception("disk full"))


def notices() -> int:
    db.session.rollback()
    return len(db.session.scalars(sa.select(Notice)).all())


def receive(app: Flask, octets: bytes, *more: str, **environment: str) -> int:
    runner = app.test_cli_runner()
    told = runner.invoke(args=["bounces", "receive", *more], input=octets, env=environment)
    assert told.exception is None or isinstance(told.exception, SystemExit), told.output
    return told.exit_code


@pytest.mark.parametrize("way", ["RECIPIENT", "ORIGINAL_RECIPIENT", "--recipient"])
def test_a_piped_bounce_is_stored_and_handled(app: Flask, make: Make, way: str) -> None:
    (delivery,) = deliveries(sent_digest(make))
    path = return_path(delivery)
    options = [way, path] if way.startswith("--") else []
    environment = {} if options else {way: path}
    assert receive(app, dsn(), *options, **environment) == os.EX_OK
    assert handle_all() == [NoticeResult.CHANGED]


def test_a_mail_that_comes_twice_is_fine(app: Flask) -> None:
    assert [receive(app, dsn()) for _ in range(2)] == [os.EX_OK] * 2
    assert notices() == 1


def test_temporary_trouble_lets_the_mail_server_keep_the_mail(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("newsletter.commands.bounces"), "receive_mail", away)
    assert receive(app, dsn()) == os.EX_TEMPFAIL


def test_nothing_is_not_a_mail(app: Flask) -> None:
    assert receive(app, b"") == os.EX_DATAERR


@pytest.fixture(params=["tcp", "unix"])
def listening(app: Flask, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A client of the listener, connected as a mail server would be."""
    where = "127.0.0.1:0" if request.param == "tcp" else f"unix:{tmp_path}/lmtp"
    with bounces_listen.lmtp_server(where, app) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        address = server.server_address
        host = address[0] if request.param == "tcp" else address
        client = smtplib.LMTP(host, address[1] if request.param == "tcp" else 0)
        yield client
        client.close()
        server.shutdown()
        thread.join()


def test_a_mail_server_hands_bounces_over_by_lmtp(make: Make, listening: Any) -> None:
    (delivery,) = deliveries(sent_digest(make))
    assert listening.sendmail("", [return_path(delivery)], dsn()) == {}
    assert handle_all() == [NoticeResult.CHANGED]


def test_temporary_trouble_is_answered_so(
    app: Flask, listening: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(bounces_listen, "receive_mail", away)
        with pytest.raises(smtplib.SMTPDataError) as refused:
            listening.sendmail("", ["bounces@example.org"], dsn())
    assert refused.value.smtp_code == 451
    assert listening.sendmail("", ["bounces@example.org"], dsn()) == {}
    assert notices() == 1
