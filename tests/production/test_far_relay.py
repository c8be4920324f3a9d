"""Several mails in flight by BDAT to a real server (Postfix): each has its own outcome."""

import re
from collections.abc import Iterator

import pytest

from newsletter.mail.mailer import Accepted, Deferred, OutgoingMail, Refused, SmtpMailer
from newsletter.mail.smtp_url import parse_smtp_urls
from tests.mail.smtp_servers import Inbox
from tests.production.postfix import PASSED_ON, Postfix
from tests.standalone.service import wait_until

pytestmark = pytest.mark.production

READERS = 40
CONTENT = b"Subject: far\r\nFrom: <news@example.org>\r\n\r\n.one dot\r\n..two\r\n.\r\nend\r\n"
GONE = (*range(3, 40, 7), 20, 21, 22, 23, 25)
FULL = (5, 24, 30)


@pytest.fixture
def choosy(relay: Postfix) -> Iterator[Postfix]:
    """The relay, while it knows of some bad mailboxes."""
    bad = {f"far{number}": "550 5.1.1 No such user here" for number in GONE}
    relay.refuse(**bad | {f"far{number}": "450 4.2.0 Mailbox full" for number in FULL})
    yield relay
    relay.refuse()


def test_each_mail_has_its_own_outcome_and_arrives_as_it_was(
    choosy: Postfix, arrived: Inbox
) -> None:
    def mails() -> Iterator[OutgoingMail]:
        for number in range(READERS):
            recipient = f"far{number}@{PASSED_ON}"
            yield OutgoingMail(str(number), f"bounces+{number}@example.org", recipient, CONTENT)

    options = "tls=none&helo=news.example.org&bdat=4"
    mailer = SmtpMailer(parse_smtp_urls(f"smtp://127.0.0.1:{choosy.port}?{options}"))
    before, known = len(choosy.log), len(arrived.envelopes)
    outcomes = {one.mail_id: type(one) for group in mailer.send(mails()) for one in group}

    expected = dict.fromkeys(map(str, range(READERS)), Accepted)
    expected |= dict.fromkeys(map(str, GONE), Refused) | dict.fromkeys(map(str, FULL), Deferred)
    assert outcomes == expected
    taken = sorted(
        f"far{number}@{PASSED_ON}" for number in range(READERS) if number not in {*GONE, *FULL}
    )
    wait_until(lambda: len(arrived.envelopes) - known >= len(taken), 60, "all passed on")
    came = arrived.envelopes[known:]
    assert sorted(one.rcpt_tos[0] for one in came) == taken, "each once"
    assert all(one.content.endswith(b"\r\n\r\n.one dot\r\n..two\r\n.\r\nend\r\n") for one in came)
    log = choosy.log[before:]
    assert re.search(r"disconnect from .* bdat=\d+/\d+ .*commands=", log), "it went by BDAT"
    assert not re.search(r"disconnect from .* data=", log)
    assert "too many errors" not in log
