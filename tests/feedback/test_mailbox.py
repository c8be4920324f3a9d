"""The mailbox of bounces: what is stored is cleared away, and nothing before it is stored."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from newsletter.clock import utc_now
from newsletter.config import load_settings
from newsletter.extensions import db
from newsletter.feedback.mailbox import (
    Mailbox,
    MailboxUnavailable,
    empty_mailbox,
    look_into,
    parse_mailbox,
)
from newsletter.feedback.models import Notice, NoticeResult
from newsletter.mail.bounce_reports import MOST_OCTETS
from tests.factories import Make
from tests.feedback.imap_server import Store
from tests.feedback.imap_server import store as store
from tests.feedback.sent import deliveries, handle_all, return_path, sent_digest
from tests.mail.bounce_samples import dsn, plain


def empty(store: Store, query: str = "") -> int:
    return empty_mailbox(url=store.url + query, clock=utc_now)


def stored() -> list[bytes]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Notice.payload).order_by(Notice.id)))


def test_a_bounce_in_the_mailbox_is_handled(make: Make, store: Store) -> None:
    (delivery,) = deliveries(sent_digest(make))
    store.add(dsn(to=return_path(delivery)))
    assert empty(store) == 1
    assert handle_all() == [NoticeResult.CHANGED]
    assert store.folders["INBOX"] == {}
    assert empty(store) == 0


def test_mails_are_moved_where_the_setting_says(store: Store) -> None:
    store.add(dsn(), plain("away"))
    assert empty(store, "?done=Read%20bounces") == 2
    assert len(store.folders["Read bounces"]) == 2
    assert store.folders["INBOX"] == {}
    assert empty(store, "?done=Read%20bounces") == 0, "the folder may be there already"


def test_nothing_is_cleared_away_before_it_is_stored(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> bool:
        raise OperationalError("INSERT", {}, Exception("away"))

    store.add(dsn(), plain("x"))
    with monkeypatch.context() as patch:
        patch.setattr("newsletter.feedback.mailbox.receive_mail", away)
        with pytest.raises(OperationalError):
            empty(store)
    assert (len(store.folders["INBOX"]), store.deleted) == (2, set())
    assert empty(store) == 2


@pytest.mark.parametrize("command", ["UID COPY", "UID STORE"])
def test_what_could_not_be_cleared_away_is_read_again_and_known(store: Store, command: str) -> None:
    store.add(dsn())
    store.refuses = command
    with pytest.raises(MailboxUnavailable):
        empty(store, "?done=Done")
    assert len(stored()) == 1
    store.refuses = ""
    assert empty(store, "?done=Done") == 1
    assert len(stored()) == 1


def test_an_empty_mail_does_not_hold_up_the_others(store: Store) -> None:
    store.add(b"\r\n", dsn())
    assert empty(store) == 2
    assert len(stored()) == 1


def test_of_a_huge_mail_only_the_beginning_is_fetched(store: Store) -> None:
    store.add(dsn() + b"x" * MOST_OCTETS)
    assert empty(store) == 1
    assert len(stored()[0]) == MOST_OCTETS


def test_a_wrong_password_is_told_without_it(store: Store) -> None:
    url = store.url.replace("password", "guess")
    with pytest.raises(MailboxUnavailable) as told:
        empty_mailbox(url=url, clock=utc_now)
    assert "guess" not in str(told.value)
    assert f"127.0.0.1:{store.port}" in str(told.value)


def test_a_mailbox_that_is_away_is_told() -> None:
    with pytest.raises(MailboxUnavailable, match="ConnectionRefusedError"):
        empty_mailbox(url="imap://a:b@127.0.0.1:1/INBOX", clock=utc_now)


def test_looking_into_it_changes_nothing(store: Store) -> None:
    store.add(dsn(), dsn())
    assert look_into(store.url) == 2
    assert "EXAMINE" in store.commands
    assert len(store.folders["INBOX"]) == 2


def test_the_setting_is_read() -> None:
    assert parse_mailbox("imaps://b%40x:p%3Aw@mx.example.org/A%20B?done=Done") == Mailbox(
        host="mx.example.org", port=993, user="b@x", password="p:w", folder="A B", done="Done"
    )


@pytest.mark.parametrize(
    "url", ["pop3://a:b@mx.example.org", "imaps://mx.example.org", "imaps://a@mx.example.org/INBOX"]
)
def test_an_incomplete_setting_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(Exception, match="BOUNCE_IMAP_URL cannot be used"):
        load_settings(secret_key="k" * 40, bounce_imap_url=url)
