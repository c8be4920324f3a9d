"""A single mail recalled after it was pulled: its content does not leave, the others' do."""

from collections.abc import Iterator

import pytest

from newsletter.mail.mailer import Accepted, OutgoingMail, SmtpMailer
from newsletter.mail.smtp_url import parse_smtp_urls
from tests.mail.smtp_servers import ScriptedServer

PLAIN: list[str] = []
PIPELINING = ["250-scripted\r\n250 PIPELINING"] * 9
CHUNKING = ["250-scripted\r\n250-PIPELINING\r\n250 CHUNKING"] * 9


class SomeRecalled:
    """Six mails, of which some are recalled as their content would leave."""

    def __init__(self, recalled: set[str]) -> None:
        self._recalled = recalled
        self.asked: list[str] = []

    def __iter__(self) -> Iterator[OutgoingMail]:
        for number in range(6):
            content = b"Subject: number %d\r\n\r\nhello\r\n" % number
            yield OutgoingMail(str(number), "a@example.org", f"r{number}@example.org", content)

    def withdrawn(self) -> bool:
        return False

    def recalled(self, mail_id: str) -> bool:
        self.asked.append(mail_id)
        return mail_id in self._recalled


@pytest.mark.parametrize(
    ("ehlo", "options"),
    [(PLAIN, ""), (PIPELINING, ""), (CHUNKING, "&bdat=4")],
    ids=["step by step", "pipelined", "bdat"],
)
@pytest.mark.parametrize("recalled", [{"0"}, {"2", "3"}, {"5"}, {"0", "1", "2", "3", "4", "5"}])
def test_a_recalled_mail_does_not_leave_and_all_others_do(
    ehlo: list[str], options: str, recalled: set[str]
) -> None:
    mails = SomeRecalled(recalled)
    with ScriptedServer(EHLO=list(ehlo)) as relay:
        mailer = SmtpMailer(parse_smtp_urls(f"{relay.url}&connections=1{options}"))
        outcomes = [outcome for group in mailer.send(mails) for outcome in group]
        others = [str(number) for number in range(6) if str(number) not in recalled]
        assert [(type(one), one.mail_id) for one in outcomes] == [(Accepted, one) for one in others]
        # Of a recalled one the server has the end of the connection, and not an octet.
        contents = filter(None, relay.contents)
        subjects = [content.split(b"\r\n")[0].decode() for content in contents]
        assert subjects == [f"Subject: number {one}" for one in others]
    assert sorted(mails.asked) == [str(number) for number in range(6)], "each once, at its moment"
