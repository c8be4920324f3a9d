"""Sending to servers of our own, as short as tests want it."""

from dataclasses import replace

from newsletter.mail.mailer import (
    OutgoingMail,
    SmtpMailer,
)
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import parse_smtp_urls

CONTENT = b"Subject: Test\r\n\r\n.one\r\n..two\r\n.\r\nend\r\n"
QUICK = replace(Timeouts.at_most(5), final_reply=1)


def mail(number=1, recipient="reader@example.com", content=CONTENT):
    return OutgoingMail(str(number), f"bounces+{number}@example.org", recipient, content)


def mailer(url, **options):
    return SmtpMailer(parse_smtp_urls(url), timeouts=QUICK, **options)


def send(url, *mails, **options):
    return [outcome for group in mailer(url, **options).send(mails) for outcome in group]
