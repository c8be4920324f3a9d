"""Connections that end anywhere: no mail is lost, none taken twice, none told sent that was not."""

from collections.abc import Callable
from functools import partial
from itertools import cycle

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from newsletter.mail.outgoing import Accepted, Deferred, InDoubt, Outcome, OutgoingMail, Refused
from newsletter.mail.smtp import Conversation
from newsletter.mail.smtp_envelope import Extensions
from tests.mail.smtp_cuts import Way, send_over
from tests.mail.smtp_model import Fate, ModelServer, begin

ALL = Extensions(pipelining=True, size=True, chunking=True)
KINDS = st.one_of(
    st.sampled_from([partial(begin, ALL), partial(begin, Extensions())]),
    st.integers(1, 10).map(lambda depth: partial(begin, ALL, depth=depth)),
)
FATES = st.sampled_from(
    [
        None,
        None,
        ("MAIL", "451 4.3.0 later"),
        ("MAIL", "552 5.3.4 too big"),
        ("MAIL", "421 4.7.0 enough"),
        ("RCPT", "550 5.1.1 unknown"),
        ("RCPT", "450 4.2.0 greylisted"),
        ("RCPT", "421 4.3.2 closing"),
        ("CONTENT", "452 4.2.2 full"),
        ("CONTENT", "552 5.3.4 too big"),
        ("CONTENT", "421 4.3.2 closing"),
    ]
)
#: One octet after the other is the limit, as the network or the server or the way back has it.
WAYS = st.lists(
    st.one_of(
        st.builds(Way, written=st.integers(0, 1500)),
        st.builds(Way, read=st.integers(0, 1500)),
        st.builds(Way, heard=st.integers(0, 400)),
        st.builds(
            Way, written=st.integers(0, 1500), read=st.integers(0, 1500), heard=st.integers(0, 400)
        ),
    ),
    min_size=1,
    max_size=6,
)


def mail(number: int) -> OutgoingMail:
    """A mail whose content says whose it is, with every trap of a line."""
    content = b"Subject: %d\r\n\r\n.\r\n..\r\nMAIL FROM:<>\r\nBDAT 9 LAST\r\n" % number
    sender, recipient = f"bounces+{number}@example.org", f"reader{number}@example.org"
    return OutgoingMail(str(number), sender, recipient, content)


@settings(max_examples=400)
@given(
    kind=KINDS,
    fates=st.lists(FATES, min_size=4, max_size=14),
    ways=WAYS,
    cuts=st.lists(st.integers(1, 60), min_size=1, max_size=20),
    lines=st.integers(1, 2),
)
@example(kind=partial(begin, ALL, depth=4), fates=[None] * 9, ways=[], cuts=[1], lines=1)
@example(
    kind=partial(begin, ALL, depth=4),
    fates=[("RCPT", "550 5.1.1 unknown")] * 12,
    ways=[],
    cuts=[7],
    lines=2,
)
def test_whatever_is_refused_or_cut_each_mail_has_the_outcome_it_met(
    kind: Callable[[], Conversation],
    fates: list[Fate],
    ways: list[Way],
    cuts: list[int],
    lines: int,
) -> None:
    mails = [mail(number) for number in range(len(fates))]
    met = {
        one.sender if fate and fate[0] == "MAIL" else one.recipient: fate
        for one, fate in zip(mails, fates, strict=True)
    }
    server = ModelServer(met, lines=lines)
    outcomes = send_over(ways, kind, server, mails, cycle(cuts))

    event(f"in doubt: {sum(isinstance(one, InDoubt) for one in outcomes)}")
    told = {outcome.mail_id: outcome for outcome in outcomes}
    assert sorted(told, key=int) == [one.id for one in mails]
    assert len(outcomes) == len(mails), "one outcome each"
    recipients = [recipient for recipient, _ in server.taken]
    assert len(set(recipients)) == len(recipients), "what was taken is never sent again"
    for one, fate in zip(mails, fates, strict=True):
        _check(one, fate, told[one.id], dict(server.taken))


def _check(one: OutgoingMail, fate: Fate, outcome: Outcome, taken: dict[str, bytes]) -> None:
    if isinstance(outcome, Accepted):
        assert taken[one.recipient] == one.content
    elif one.recipient in taken:
        assert isinstance(outcome, InDoubt), "taken, and the reply was lost"
    if isinstance(outcome, Refused | Deferred):
        assert fate is not None
        assert str(outcome.code) == fate[1][:3]
