"""The seam: settings choose the mailer, and tests can script one."""

from itertools import chain

import pytest

from newsletter.mail.mailer import (
    Accepted,
    MailerNotConfigured,
    OutboxMailer,
    OutgoingMail,
    RecordingMailer,
    Refused,
    RelayUnavailable,
    SmtpMailer,
    open_mailer,
)
from newsletter.mail.smtp_url import SmtpUrlError


def mails(*recipients):
    return [OutgoingMail(str(n), "", to, b"x\r\n") for n, to in enumerate(recipients)]


def test_a_relay_goes_before_the_outbox(tmp_path):
    mailer = open_mailer(smtp_url="smtps://u:p@relay.example.org", outbox_folder=tmp_path)
    assert isinstance(mailer, SmtpMailer)
    assert mailer.describe() == "SMTP by relay.example.org:465 (TLS, with password)"


def test_without_a_relay_mails_stay_in_the_outbox(tmp_path):
    mailer = open_mailer(smtp_url="", outbox_folder=tmp_path)
    assert isinstance(mailer, OutboxMailer)
    assert str(tmp_path) in mailer.describe()


def test_without_either_nothing_can_be_sent():
    with pytest.raises(MailerNotConfigured):
        open_mailer(smtp_url=None, outbox_folder=None)


def test_a_wrong_smtp_url_does_not_fall_back_to_the_outbox(tmp_path):
    with pytest.raises(SmtpUrlError):
        open_mailer(smtp_url="relay.example.org", outbox_folder=tmp_path)


def test_a_recording_mailer_keeps_what_it_accepts_and_answers_as_told():
    mailer = RecordingMailer(answers={"b@example.com": lambda mail: Refused(mail.id, 550, "no")})
    given = mails("a@example.com", "b@example.com")
    assert list(chain.from_iterable(mailer.send(given))) == [
        Accepted("0", "250 2.0.0 recorded"),
        Refused("1", 550, "no"),
    ]
    assert mailer.sent == given[:1]
    assert mailer.tried == given


def test_a_recording_mailer_can_become_unavailable():
    mailer = RecordingMailer(unavailable_after=1)
    outcomes = mailer.send(mails("a@example.com", "b@example.com"))
    next(outcomes)
    with pytest.raises(RelayUnavailable):
        next(outcomes)
    assert [mail.recipient for mail in mailer.tried] == ["a@example.com"]
