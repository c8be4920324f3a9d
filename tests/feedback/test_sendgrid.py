"""What SendGrid says of mails that it did not send."""

import pytest

from newsletter.feedback.providers import sendgrid
from newsletter.mail.bounce_kinds import ReportKind


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("Bounced Address", ReportKind.HARD),
        ("Invalid", ReportKind.HARD),
        ("Spam Reporting Address", ReportKind.COMPLAINT),
        ("Unsubscribed Address", ReportKind.ABOUT_US),
        ("Invalid SMTPAPI header", ReportKind.ABOUT_US),
        ("Spam Content (if spam checker app enabled)", ReportKind.ABOUT_US),
        ("", ReportKind.ABOUT_US),
    ],
)
def test_a_mail_it_dropped_tells_of_the_reader_only_what_it_knows_of_her(
    reason: str, expected: ReportKind
) -> None:
    assert sendgrid.read({"event": "dropped", "reason": reason}).kind is expected
