"""Each moment of a sending belongs to the innermost section."""

from collections.abc import Iterator

from bench.sections import REST, SMTP, STAMPING, Sections, measured
from newsletter.mail.mailer import RecordingMailer
from newsletter.mail.outgoing import OutgoingMail


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_inner_sections_are_not_counted_twice() -> None:
    clock = Hands()
    sections = Sections(clock)
    clock.at = 1
    with sections.of(SMTP):
        clock.at = 3
        with sections.of(STAMPING):
            clock.at = 6
        clock.at = 10
    clock.at = 15
    assert sections.seconds() == {REST: 6, SMTP: 6, STAMPING: 3}


def test_what_a_mailer_pulls_is_the_callers_time() -> None:
    clock = Hands()
    sections = Sections(clock)

    def mails() -> Iterator[OutgoingMail]:
        for number in range(3):
            clock.at += 5
            yield OutgoingMail(str(number), "a@example.org", "b@example.org", b"")

    inner = RecordingMailer()
    outcomes = list(measured(inner, sections).send(mails()))
    assert len(outcomes) == len(inner.sent) == 3
    assert sections.seconds() == {REST: 15, SMTP: 0}


def test_a_timed_function_does_what_it_did() -> None:
    clock = Hands()
    sections = Sections(clock)

    def stamp(value: int) -> int:
        clock.at += 2
        return value + 1

    assert sections.timed(STAMPING, stamp)(1) == 2
    assert sections.seconds()[STAMPING] == 2
