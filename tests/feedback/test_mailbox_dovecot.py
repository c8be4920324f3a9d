"""The mailbox of bounces, in the hands of a server that is not ours."""

import os
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.feedback.mailbox import MailboxUnavailable, empty_mailbox, look_into
from newsletter.feedback.models import Notice, NoticeResult
from newsletter.mail.bounce_reports import MOST_OCTETS
from tests.factories import Make
from tests.feedback.dovecot import PROGRAM, Dovecot, dovecot_server
from tests.feedback.sent import deliveries, handle_all, return_path, sent_digest
from tests.mail.bounce_samples import dsn, plain


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    if PROGRAM is None:
        reason = "not installed: dovecot-imapd"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with dovecot_server() as running:
        yield running


def empty(server: Dovecot, query: str = "") -> int:
    return empty_mailbox(url=server.url + query, clock=utc_now)


def test_a_bounce_is_taken_handled_and_deleted(make: Make, server: Dovecot) -> None:
    (delivery,) = deliveries(sent_digest(make))
    server.add(dsn(to=return_path(delivery)))
    assert look_into(server.url) == server.count() == 1, "looking changes nothing"
    assert empty(server) == 1
    assert handle_all() == [NoticeResult.CHANGED]
    assert (server.count(), empty(server)) == (0, 0)


@pytest.mark.usefixtures("app")
def test_mails_are_moved_to_a_folder_that_is_made_for_them(server: Dovecot) -> None:
    for mails in ((dsn(), plain("away")), (dsn("4.2.2"),)):
        server.add(*mails)
        assert empty(server, "?done=Read%20bounces") == len(mails)
    assert (server.count(), server.count("Read bounces")) == (0, 3)


@pytest.mark.usefixtures("app")
def test_of_a_huge_mail_the_beginning_is_enough(server: Dovecot) -> None:
    server.add(dsn() + b"x\r\n" * MOST_OCTETS)
    assert empty(server) == 1
    db.session.rollback()
    (payload,) = db.session.scalars(sa.select(Notice.payload))
    assert len(payload) == MOST_OCTETS


def test_a_wrong_password_and_a_folder_that_is_not_there_are_told(server: Dovecot) -> None:
    for url in (server.url.replace("word", "guess"), server.url.replace("INBOX", "None")):
        with pytest.raises(MailboxUnavailable, match="refused"):
            empty_mailbox(url=url, clock=utc_now)
