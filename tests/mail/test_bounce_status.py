"""What a refusal says: of the reader, of her box, of us."""

import pytest

from newsletter.mail.bounce_kinds import ReportKind
from newsletter.mail.bounce_status import judge

HARD, SOFT, ABOUT_US = ReportKind.HARD, ReportKind.SOFT, ReportKind.ABOUT_US


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("5.1.1", HARD),
        ("5.1.2", HARD),
        ("5.1.3", HARD),
        ("5.1.6", HARD),
        ("5.1.10", HARD),
        ("5.1.8", ABOUT_US),
        ("5.2.1", HARD),
        ("5.2.2", SOFT),
        ("5.2.3", ABOUT_US),
        ("5.3.4", ABOUT_US),
        ("5.4.4", HARD),
        ("5.4.7", SOFT),
        ("5.5.2", ABOUT_US),
        ("5.6.1", ABOUT_US),
        ("5.0.0", HARD),
        ("4.2.2", SOFT),
        ("4.4.7", SOFT),
        ("4.7.1", SOFT),
    ],
)
def test_the_code_says_whom_it_is_about(status: str, expected: ReportKind) -> None:
    """RFC 3463 §3.2 to §3.8: subject and detail; a full box (X.2.2) is soft in every class."""
    assert judge(status=status) is expected


@pytest.mark.parametrize("detail", [0, 1, 2, 7, 20, 23, 25, 26, 27, 509, 606])
def test_policy_and_reputation_are_never_held_against_a_reader(detail: int) -> None:
    """RFC 3463 §3.8, RFC 7372: X.7.x is security, policy, authentication of the sender."""
    assert judge(status=f"5.7.{detail}", words="550 user unknown") is ABOUT_US
    assert judge(status="5.1.1", words=f"550 5.7.{detail} denied") is ABOUT_US


def test_a_mailbox_with_another_owner_is_gone() -> None:
    """RFC 7293 §5.2: X.7.17 and X.7.18 say that the reader is not there any more."""
    assert judge(status="5.7.17") is HARD
    assert judge(status="5.7.18") is HARD


def test_a_domain_that_takes_no_mail_is_gone() -> None:
    """RFC 7505 §4.1: a null MX is told by 556 5.1.10."""
    assert judge(words="556 5.1.10 domain does not accept mail") is HARD


def test_the_servers_own_code_counts_more_than_the_reporters() -> None:
    """RFC 3464 §2.3.6: Diagnostic-Code is what the refusing server said itself."""
    assert judge(status="5.0.0", words="550 5.2.2 over quota") is SOFT
    assert judge(status="5.1.1", words="550 5.0.0 user unknown") is HARD


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("550 No such user here", HARD),
        ("550 Rejected", HARD),
        ("550 Mailbox is full", SOFT),
        ("552 user over quota", SOFT),
        ("452 try later", SOFT),
        ("550 SC-001 (BAY004) Unfortunately, messages from 192.0.2.1 weren't sent", ABOUT_US),
        ("554 blocked using zen.spamhaus.org", ABOUT_US),
        ("550 message looks like spam", ABOUT_US),
        ("550 DMARC policy violation", ABOUT_US),
        ("no connection to 192.168.2.10 port 550", ReportKind.HARD),
        ("554 Message rejected: Email address is not verified.", ABOUT_US),
        ("554 Message rejected: Sending paused for this account.", ABOUT_US),
        ("550 The from address does not match a verified Sender Identity", ABOUT_US),
        ("550 The example.org domain is not verified", ABOUT_US),
        ("550 Unauthenticated senders not allowed", ABOUT_US),
        ("550 Sender verify failed", ABOUT_US),
        ("550 Relaying denied", ABOUT_US),
        ("552 Message size exceeds maximum permitted", ABOUT_US),
        ("550 5.0.0 Message too large", ABOUT_US),
        ("550 Message content rejected", ABOUT_US),
        ("554 Message contains virus", ABOUT_US),
        ("503 Bad sequence of commands", ABOUT_US),
        ("550 Invalid recipient", HARD),
        ("550 Recipient address rejected: User unknown in virtual mailbox table", HARD),
        ("550 mailbox unavailable", HARD),
        ("550 Account closed. Call 1-503-226 for help", HARD),
        ("550 <bob@spam-free.example>: no mailbox", HARD),
        ("550 Gone, see https://example.org/policy", HARD),
        ("", ReportKind.UNCLEAR),
    ],
)
def test_without_an_enhanced_code_the_words_have_to_do(words: str, expected: ReportKind) -> None:
    assert judge(words=words) is expected
