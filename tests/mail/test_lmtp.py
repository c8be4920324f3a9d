"""LMTP: an answer for each recipient, and nothing lost in between."""

from newsletter.mail.lmtp import LmtpSession


class Box:
    """Takes mails; refuses one recipient."""

    def __init__(self) -> None:
        self.mails: list[tuple[bytes, str]] = []

    def __call__(self, content: bytes, recipient: str) -> str:
        if recipient.startswith("later"):
            return "451 4.3.0 Try again later"
        self.mails.append((content, recipient))
        return "250 2.0.0 Stored"


def talk(box: Box, *lines: bytes, most: int = 1000) -> list[str]:
    session = LmtpSession(box, most_octets=most)
    return [answer[:3] for line in lines for answer in session.feed(line)]


BEGIN = (b"LHLO mx.example.net\r\n", b"MAIL FROM:<> SIZE=99\r\n")


def test_each_recipient_has_an_answer_of_its_own_after_the_content() -> None:
    """RFC 2033 §4.2: one reply for each RCPT that succeeded, in their order."""
    box = Box()
    rcpt = (b"RCPT TO:<a@example.org>\r\n", b"RCPT TO:<later@example.org>\r\n")
    answers = talk(box, *BEGIN, *rcpt, b"DATA\r\n", b"Subject: x\r\n", b"..dot\r\n", b".\r\n")
    assert answers[-5:] == ["250", "250", "354", "250", "451"]
    assert box.mails == [(b"Subject: x\r\n.dot\r\n", "a@example.org")]


def test_data_without_a_recipient_is_refused() -> None:
    """RFC 2033 §4.2: with no valid recipient DATA must be answered 503."""
    assert talk(Box(), *BEGIN, b"DATA\r\n")[-1] == "503"


def test_it_is_greeted_by_lhlo_alone() -> None:
    """RFC 2033 §4.1: HELO and EHLO are not for LMTP."""
    assert talk(Box(), b"EHLO mx\r\n", b"MAIL FROM:<>\r\n", b"LHLO mx\r\n")[:2] == ["500", "503"]


def test_a_line_of_any_length_is_taken_and_a_dot_within_it_ends_nothing() -> None:
    box = Box()
    rcpt = b"RCPT TO:<a@example.org>\r\n"
    parts = (b"x" * 600, b".", b"\r\n", b"after\r\n", b".\r\n")
    assert talk(box, *BEGIN, rcpt, b"DATA\r\n", *parts)[-1] == "250"
    assert box.mails[0][0] == b"x" * 600 + b".\r\nafter\r\n"


def test_of_a_huge_content_the_beginning_is_kept() -> None:
    box = Box()
    rcpt = b"RCPT TO:<a@example.org>\r\n"
    lines = [b"y" * 98 + b"\r\n"] * 50
    assert talk(box, *BEGIN, rcpt, b"DATA\r\n", *lines, b".\r\n")[-1] == "250"
    assert len(box.mails[0][0]) == 1000


def test_it_hangs_up_when_asked() -> None:
    session = LmtpSession(Box(), most_octets=9)
    assert list(session.feed(b"QUIT\r\n")) == ["221 2.0.0 Bye"]
    assert session.closed
