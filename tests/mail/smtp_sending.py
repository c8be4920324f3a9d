"""Sending to servers of our own, as short as tests want it."""

import ssl
from dataclasses import replace

import pytest

from newsletter.mail.mailer import (
    OutgoingMail,
    SmtpMailer,
)
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import parse_smtp_urls
from tests.mail.smtp_servers import server_context

CONTENT = b"Subject: Test\r\n\r\n.one\r\n..two\r\n.\r\nend\r\n"
QUICK = replace(Timeouts.at_most(5), final_reply=1)


def mail(number=1, recipient="reader@example.com", content=CONTENT):
    return OutgoingMail(str(number), f"bounces+{number}@example.org", recipient, content)


def mailer(url, **options):
    return SmtpMailer(parse_smtp_urls(url), timeouts=QUICK, **options)


def send(url, *mails, **options):
    return [outcome for group in mailer(url, **options).send(mails) for outcome in group]


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    """A server's TLS context and a client's that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    server = server_context(folder)
    return server, ssl.create_default_context(cafile=str(folder / "certificate.pem"))
