"""Reports are told apart by kind, whoever wrote them; each rule names the RFC it follows."""

import base64
import quopri

import pytest

from newsletter.mail.bounce_kinds import ReportKind
from newsletter.mail.bounce_reports import MOST_OCTETS, parse_report
from tests.mail.bounce_samples import (
    OUR_ID,
    RETURN_PATH,
    complaint,
    dsn,
    part,
    plain,
    report,
    returned,
)

ENCODING = "Content-Transfer-Encoding"


def kind(octets: bytes) -> ReportKind:
    return parse_report(octets).kind


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("failed", ReportKind.HARD),
        ("delayed", ReportKind.DELAYED),
        ("delivered", ReportKind.ARRIVED),
        ("relayed", ReportKind.ARRIVED),
        ("expanded", ReportKind.ARRIVED),
        ("Delayed (will retry)", ReportKind.DELAYED),
    ],
)
def test_only_the_action_failed_is_a_bounce(action: str, expected: ReportKind) -> None:
    """RFC 3464 §2.3.3: the action says whether anything is final; a delay is no bounce."""
    assert kind(dsn(action=action)) is expected


def test_the_status_is_read_with_its_comment() -> None:
    """RFC 3464 §2.3.4: Status is one code, perhaps with a comment in parentheses."""
    found = parse_report(dsn("5.1.1 (no such 4.2.2 user)", "smtp; 550 gone"))
    assert (found.kind, found.status) == (ReportKind.HARD, "5.1.1")


def test_fields_may_be_folded_and_in_any_case() -> None:
    """RFC 3464 §2.1.1: fields are those of RFC 822, so folded, and their names in any case."""
    octets = dsn(words="smtp; 452 4.2.2\r\n  the box\r\n\tis full")
    octets = octets.replace(b"Diagnostic-Code", b"DIAGNOSTIC-code")
    found = parse_report(octets)
    assert (found.kind, found.text) == (ReportKind.SOFT, "452 4.2.2 the box is full")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            "\r\nFinal-Recipient: rfc822; b@example.net\r\nAction: relayed\r\nStatus: 2.0.0\r\n",
            "arrived",
        ),
        (
            "\r\nFinal-Recipient: rfc822; b@example.net\r\nAction: failed\r\nStatus: 4.4.7\r\n",
            "soft",
        ),
        (
            "\r\nFinal-Recipient: rfc822; b@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n",
            "hard",
        ),
    ],
)
def test_of_several_recipients_the_mildest_counts(more: str, expected: str) -> None:
    """RFC 3464 §2.3: one group of fields for each recipient, who here share one address."""
    assert kind(dsn(more=more)).value == expected


@pytest.mark.parametrize("encoding", ["", "base64", "quoted-printable"])
def test_an_internationalised_report_is_read_in_every_encoding(encoding: str) -> None:
    """RFC 6533 §3: message/global-delivery-status is UTF-8, and may be encoded for transport."""
    fields = (
        "Reporting-MTA: dns; mx.example.net\r\n\r\n"
        "Final-Recipient: utf-8; дарина@example.net\r\n"
        "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 нема скриньки\r\n"
    )
    content, headers = fields, []
    if encoding:
        encode = base64.encodebytes if encoding == "base64" else quopri.encodestring
        content, headers = encode(fields.encode()).decode(), [f"{ENCODING}: {encoding}"]
    text = report(
        "global-delivery-status",
        part("message/global-delivery-status", content, *headers),
        part("message/global-headers", returned()),
    )
    found = parse_report(text)
    assert (found.kind, found.status) == (ReportKind.HARD, "5.1.1")
    assert found.message_ids == (OUR_ID,)
    assert "нема скриньки" in found.text


def test_an_address_type_is_as_good_as_another() -> None:
    """RFC 6533 §4.2: utf-8 and rfc822 addresses stand side by side; we trust neither."""
    octets = dsn().replace(b"rfc822; reader@example.net", rb"utf-8; r\x{E9}ader@example.net")
    assert kind(octets) is ReportKind.HARD


def test_the_returned_mail_may_be_its_headers_alone() -> None:
    """RFC 3462 §2: text/rfc822-headers is as good as the whole mail."""
    octets = dsn().replace(b"message/rfc822", b"text/rfc822-headers")
    assert parse_report(octets).message_ids == (OUR_ID,)


@pytest.mark.parametrize(
    ("feedback", "expected"),
    [
        ("abuse", ReportKind.COMPLAINT),
        ("fraud", ReportKind.COMPLAINT),
        ("opt-out", ReportKind.COMPLAINT),
        ("something-new", ReportKind.COMPLAINT),
        ("not-spam", ReportKind.ARRIVED),
        ("auth-failure", ReportKind.ABOUT_US),
        ("virus", ReportKind.ABOUT_US),
    ],
)
def test_a_complaint_is_told_by_its_feedback_type(feedback: str, expected: ReportKind) -> None:
    """RFC 5965 §3.1 and §7.3, RFC 6430, RFC 6591: which feedback is a reader's complaint."""
    assert kind(complaint(feedback)) is expected


def test_a_complaint_names_our_mail_by_its_envelope_and_its_message_id() -> None:
    """RFC 5965 §3.2: Original-Mail-From repeats our return path; the third part is our mail."""
    found = parse_report(complaint())
    assert RETURN_PATH in found.return_paths
    assert found.message_ids == (OUR_ID,)


def test_feedback_without_a_type_is_none() -> None:
    """RFC 5965 §3.1: Feedback-Type is required."""
    assert kind(complaint().replace(b"Feedback-Type", b"Something-Else")) is ReportKind.UNCLEAR


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated (vacation)"},
        {"X_Auto_Response_Suppress": "All"},
        {"X_Autoreply": "yes"},
        {"Precedence": "auto_reply"},
        {"subject": "Automatic reply: News"},
        {"subject": "Out of office"},
        {"subject": "Abwesenheitsnotiz"},
        {"subject": "Автовідповідь: новини"},
    ],
)
def test_a_vacation_reply_is_no_bounce(headers: dict[str, str]) -> None:
    """RFC 3834 §5: Auto-Submitted marks it; older responders have marks of their own."""
    headers = {"subject": "Re: News"} | headers
    octets = plain(
        "I am away until Monday. For 550 5.1.1 ask my colleague.",
        sender="Reader <reader@example.net>",
        **headers,
    )
    assert kind(octets) is ReportKind.AUTO_REPLY


def test_a_receipt_is_no_bounce() -> None:
    """RFC 8098 §3: a disposition notification tells that somebody read it."""
    fields = "Disposition: manual-action; displayed\r\n"
    octets = report(
        "disposition-notification",
        part("message/disposition-notification", fields),
        sender="reader@example.net",
    )
    assert kind(octets) is ReportKind.AUTO_REPLY


def test_a_delivery_report_marked_as_automatic_is_still_one() -> None:
    """RFC 3834 §3.1.7 lets mail systems mark their reports too: structure goes before marks."""
    assert b"Auto-Submitted: auto-replied" in dsn()
    assert kind(dsn()) is ReportKind.HARD


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # qmail
        (
            "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to "
            "deliver your message to the following addresses.\nThis is a permanent error; I've "
            "given up. Sorry it didn't work out.\n\n<reader@example.net>:\n"
            "Sorry, no mailbox here by that name. (#5.1.1)\n\n"
            "--- Below this line is a copy of the message.\n\nReturn-Path: <a@example.org>\n",
            ReportKind.HARD,
        ),
        # Exim
        (
            "A message that you sent could not be delivered to one or more of its recipients. "
            "This is a permanent error. The following address(es) failed:\n\n"
            "  reader@example.net\n    host mx.example.net: 552 5.2.2 mailbox is full\n\n"
            "------ This is a copy of your message, including all the headers. ------\n",
            ReportKind.SOFT,
        ),
        ("reader@example.net\n  554 5.7.1 rejected, see our policy\n", ReportKind.ABOUT_US),
        ("THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.", ReportKind.DELAYED),
        ("It could not be delivered: the user is unknown.", ReportKind.HARD),
        ("It could not be delivered.", ReportKind.SOFT),
        (
            "Your message is late.\n\nReporting-MTA: dns; a.example\n\n"
            "Final-Recipient: rfc822; reader@example.net\nAction: delayed\nStatus: 4.4.1\n",
            ReportKind.DELAYED,
        ),
    ],
)
def test_a_report_without_structure_is_read_by_its_words(text: str, expected: ReportKind) -> None:
    assert kind(plain(text)) is expected


def test_what_a_report_quotes_of_our_own_mail_decides_nothing() -> None:
    text = (
        "I could not deliver it: mailbox is full.\n\n----- Original message -----\n"
        "Our article tells of error 550 5.1.1, user unknown.\n"
    )
    assert kind(plain(text)) is ReportKind.SOFT


def test_a_reader_who_answers_is_no_bounce() -> None:
    octets = plain("Thanks! 550 5.1.1", sender="reader@example.net", subject="Re: News")
    assert kind(octets) is ReportKind.UNCLEAR


def test_it_names_whom_the_mail_system_gave_it_to() -> None:
    octets = b"Delivered-To: bounces+bbbb@bounces.example.org\r\n" + dsn()
    assert parse_report(octets).return_paths[0] == "bounces+bbbb@bounces.example.org"


def test_markup_and_addresses_in_its_words_are_one_line_of_text_without_addresses() -> None:
    words = "smtp; 550 5.1.1 <script>alert(1)</script>\r\n  <reader@example.net> \x1b[31m gone"
    text = parse_report(dsn(words=words)).text
    assert text == "550 5.1.1 <script>alert(1)</script> <…@…> [31m gone"


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\0\xff\xfe" * 1000,
        b"Content-Type: multipart/report; boundary=x\r\n\r\n",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: message/delivery-status\r\n\r\n\r\n--x--",
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
            for n in range(2000)
        ),
        b"Content-Type: message/rfc822\r\n\r\n" * 5000,
        b"To: " + b"(" * 100_000 + b"\r\n\r\n",
        b"From: MAILER-DAEMON@a.example\r\n\r\n" + b"-" * 500_000,
        b"From: MAILER-DAEMON@a.example\r\n\r\n" + b"\n>" * 250_000,
        b"Content-Type: text/plain; charset=no-such\r\nFrom: MAILER-DAEMON@a.example\r\n\r\nx",
    ],
)
def test_whatever_comes_is_read_without_an_error(octets: bytes) -> None:
    assert kind(octets) in (ReportKind.UNCLEAR, ReportKind.SOFT)


def test_of_a_huge_mail_the_beginning_is_read() -> None:
    assert kind(dsn() + b"x" * (3 * MOST_OCTETS)) is ReportKind.HARD
