"""A mail server that hangs up, puts off, refuses, cuts off and keeps waiting (faults 16 to 21)."""

import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.progress import Progress, progress
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from tests.faults.books import balance
from tests.faults.digests import (
    counts,
    digest_in_batches,
    let_retries_fall_due,
    state_of,
    wait_until_all_wait,
    wait_until_sent,
)
from tests.faults.ledger_server import Conversation, Script, Verdict
from tests.faults.service import Service
from tests.faults.sizes import PROCESSES, READERS, WHOLE, rounds, takes_minutes
from tests.mail.smtp_servers import server_context

pytestmark = pytest.mark.fault


def shown(digest_id: int) -> Progress:
    """Return what the screen shows of a digest."""
    db.session.rollback()
    found = progress(db.session.get_one(Digest, digest_id), now=utc_now())
    db.session.rollback()
    return found


def deliveries(digest_id: int) -> list[Delivery]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Delivery).where(Delivery.digest_id == digest_id)))


def wait_with_retries(service: Service, digest_id: int) -> None:
    """Return once the digest is sent; the minutes between retries pass quickly."""
    passed_at = time.monotonic()

    def is_sent() -> bool:
        nonlocal passed_at
        if time.monotonic() - passed_at > 1:
            let_retries_fall_due()
            passed_at = time.monotonic()
        return state_of(digest_id) is DigestState.SENT

    service.wait(is_sent, "the end of the digest")


class HangsUp(Script):
    """Ends each connection after so many mails, as servers that count do."""

    mails = 10

    def mail(self, conversation: Conversation) -> str:
        if conversation.mails < self.mails:
            return super().mail(conversation)
        return "421 4.4.2 enough for one connection"


def test_a_server_that_hangs_up_after_ten_mails_gets_them_all_once(service: Service) -> None:
    service.ledger.script = HangsUp()
    digest = digest_in_batches(READERS)
    service.start("worker")
    service.start("beat", ALTERED_PERIOD_SECONDS="5")
    wait_with_retries(service, digest)
    balance(digest, service.ledger, readers=READERS, doubled_at_most=0)
    assert service.ledger.connections >= READERS / HangsUp.mails
    assert max(row.attempts for row in deliveries(digest)) == 0, "no attempt was used up"


class PutsOff(Script):
    """Answers 451 to some recipients."""

    def __init__(self, share: float) -> None:
        self.share = share  # 0 to 1, of the recipients

    def recipient(self, conversation: Conversation) -> str:
        number = int(conversation.recipient.removeprefix("reader").partition("@")[0])
        if number % 100 < 100 * self.share:
            return "451 4.3.0 not now"
        return super().recipient(conversation)


def test_a_server_that_is_away_and_then_puts_off_gets_every_mail_and_staff_see_why(
    service: Service,
) -> None:
    service.ledger.refuse_connections()
    digest = digest_in_batches(READERS)
    service.start("worker")
    service.wait(lambda: bool(shown(digest).waiting_for), "a reason on the screen")
    wait_until_all_wait(service)
    assert counts(digest) == {DeliveryState.QUEUED: READERS}, "nothing is put off one by one"
    assert "127.0.0.1" in shown(digest).waiting_for[0]

    service.ledger.script = PutsOff(1.0)
    service.ledger.accept_connections()
    for attempt in range(1, rounds(4, 1) + 1):  # the waits for the next one together: two hours
        let_retries_fall_due()
        wait_until_all_wait(service)
        found = deliveries(digest)
        assert {(row.state, row.attempts) for row in found} == {(DeliveryState.DEFERRED, attempt)}
        moments = {row.next_attempt_at for row in found}
        assert len(moments) > READERS / 2, "not all at the same moment again"
    assert any("451" in reason for reason in shown(digest).waiting_for)

    service.ledger.script = PutsOff(0.1)
    let_retries_fall_due()
    wait_until_all_wait(service)
    assert counts(digest)[DeliveryState.SENT] == READERS * 9 // 10, "the others need not wait"
    service.ledger.script = Script()
    wait_with_retries(service, digest)
    balance(digest, service.ledger, readers=READERS, doubled_at_most=0)


class Greylists(Script):
    """Takes a recipient at the second attempt."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def recipient(self, conversation: Conversation) -> str:
        self.seen[conversation.recipient] += 1
        if self.seen[conversation.recipient] == 1:
            return "450 4.7.1 greylisted, come back in five minutes"
        return super().recipient(conversation)


@takes_minutes
def test_a_server_that_greylists_gets_every_mail_at_the_second_attempt(service: Service) -> None:
    script = service.ledger.script = Greylists()
    digest = digest_in_batches(READERS)
    service.start("worker")
    wait_with_retries(service, digest)
    balance(digest, service.ledger, readers=READERS, doubled_at_most=0)
    assert set(script.seen.values()) == {2}


class CutsOff(Script):
    """Takes every fiftieth mail and hangs up without a word, once for each recipient."""

    def __init__(self) -> None:
        self.cut: set[str] = set()

    def content(self, conversation: Conversation) -> Verdict:
        number = int(conversation.recipient.removeprefix("reader").partition("@")[0])
        if number % 50 or conversation.recipient in self.cut:
            return Verdict()
        self.cut.add(conversation.recipient)
        return Verdict(cut=True)


def test_a_connection_cut_before_the_last_answer_doubles_that_mail_and_says_so(
    service: Service,
) -> None:
    script = service.ledger.script = CutsOff()
    digest = digest_in_batches(READERS)
    service.start("worker")
    wait_with_retries(service, digest)
    found = balance(digest, service.ledger, readers=READERS, doubled_at_most=READERS // 50)
    doubled = {entry[0] for entry, times in service.ledger.accepted.items() if times > 1}
    assert doubled <= script.cut
    assert max(service.ledger.accepted.values()) <= 2
    assert found.in_doubt == len(script.cut)


class TakesItsTime(Script):
    """Answers the final dot of one mail after minutes."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def content(self, conversation: Conversation) -> Verdict:
        return Verdict(seconds=self.seconds if conversation.recipient.startswith("reader7@") else 0)


def test_an_answer_that_comes_after_minutes_is_waited_for(service: Service) -> None:
    """Nine minutes; in the short form ten seconds, with leases of four."""
    service.ledger.script = TakesItsTime(540 if WHOLE else 10)
    quick = {} if WHOLE else {"ALTERED_LEASE_SECONDS": "4", "ALTERED_PERIOD_SECONDS": "2"}
    digest = digest_in_batches(READERS)
    service.start("worker", "beat", **quick)
    service.wait(lambda: counts(digest)[DeliveryState.QUEUED] <= 2, "all others on record")
    assert counts(digest)[DeliveryState.QUEUED] == 2, "this one, and the one behind it"
    wait_until_sent(service, digest, within=900)
    found = balance(digest, service.ledger, readers=READERS, doubled_at_most=0)
    assert found.in_doubt == 0


class RefusesOneOfAHundred(Script):
    """Knows not every recipient."""

    def recipient(self, conversation: Conversation) -> str:
        number = int(conversation.recipient.removeprefix("reader").partition("@")[0])
        if number % 100 == 0:
            return "550 5.1.1 no such user here"
        return super().recipient(conversation)


def test_unknown_recipients_fail_alone_with_code_and_text(service: Service) -> None:
    service.ledger.script = RefusesOneOfAHundred()
    digest = digest_in_batches(READERS)
    service.start("worker")
    wait_until_sent(service, digest)
    unknown = READERS // 100
    balance(digest, service.ledger, readers=READERS, doubled_at_most=0, failed=unknown)
    replies = {row.reply for row in deliveries(digest) if row.state is DeliveryState.FAILED}
    assert len(replies) == 1
    assert replies.pop().startswith("550 5.1.1")
    assert service.ledger.connections < READERS / 10, "no storm of connections"


class AsksForAPassword(Script):
    """Takes mail only after AUTH, which it refuses until its password is right again."""

    extensions = (*Script.extensions, "AUTH PLAIN")
    is_right = False

    def __init__(self) -> None:
        self.asked = 0

    def auth(self, conversation: Conversation) -> str:
        assert conversation.encrypted, "a password in the clear"
        self.asked += 1
        return super().auth(conversation) if self.is_right else "535 5.7.8 wrong password"

    def mail(self, conversation: Conversation) -> str:
        if not conversation.signed_in:
            return "530 5.7.0 authentication required"
        return super().mail(conversation)


def test_a_refused_certificate_or_password_stops_everything_and_uses_up_no_attempt(
    service: Service, tmp_path: Path
) -> None:
    (tmp_path / "stranger").mkdir()
    trusted = server_context(tmp_path)
    service.ledger.tls = server_context(tmp_path / "stranger")
    script = service.ledger.script = AsksForAPassword()
    service.change(smtp_url=f"smtp://us:secret@127.0.0.1:{service.ledger.port}?tls=starttls")
    digest = digest_in_batches(READERS)

    def reason(word: str) -> bool:
        return any(word in one for one in shown(digest).waiting_for)

    def untouched() -> bool:
        return {(row.state, row.attempts) for row in deliveries(digest)} == {
            (DeliveryState.QUEUED, 0)
        }

    def asked_for_the_password() -> bool:
        let_retries_fall_due()
        wait_until_all_wait(service)
        return reason("535")

    # A relay that lets nobody in is asked again after minutes: here, after a second.
    altered = {"SSL_CERT_FILE": str(tmp_path / "certificate.pem"), "ALTERED_PAUSE_SECONDS": "1"}
    service.start("worker", **altered)
    service.wait(lambda: reason("certificate"), "a reason on the screen")
    wait_until_all_wait(service)
    assert script.asked == 0, "no password to a server nobody vouches for"
    assert untouched()

    service.ledger.tls = trusted
    service.wait(asked_for_the_password, "the relay's refusal on the screen")
    assert untouched()
    assert script.asked <= PROCESSES * 20, "nobody tries the password again and again"

    script.is_right = True
    wait_with_retries(service, digest)
    balance(digest, service.ledger, readers=READERS, doubled_at_most=0)
