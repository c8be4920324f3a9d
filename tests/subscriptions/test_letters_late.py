"""Letters that wait for a relay: by the time they leave, what they say must still be so."""

from datetime import timedelta

import pytest

from newsletter.mail.mailer import (
    Accepted,
    Deferred,
    Outcome,
    OutgoingMail,
    RecordingMailer,
    Refused,
)
from newsletter.subscriptions.consent import RequestEvidence, history
from newsletter.subscriptions.erase import erase_subscriber
from newsletter.subscriptions.letters import send_letter
from newsletter.subscriptions.models import (
    Letter,
    LetterKind,
    LetterState,
    Source,
    Subscription,
    SubscriptionState,
)
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload

EMAIL = "zora.quill@example.org"


class Erasing(RecordingMailer):
    """A relay during whose answer the reader has herself erased."""

    def __init__(self, answer: Outcome) -> None:
        super().__init__(answers={EMAIL: lambda mail: self._erased(mail, answer)})

    def _erased(self, _mail: OutgoingMail, answer: Outcome) -> Outcome:
        with unit_of_work():
            erase_subscriber(email=EMAIL, now=NOW)
        return answer


def test_who_left_meanwhile_is_not_told_that_she_is_subscribed(make: Make) -> None:
    row = make.subscription()
    letter = make.letter(subscription=row, kind=LetterKind.ALREADY_CONFIRMED)
    with unit_of_work() as session:
        found = session.get_one(Subscription, row.id)
        unsubscribe(subscription=found, request=RequestEvidence(Source.ONE_CLICK), now=NOW)
    mailer = RecordingMailer()
    later = NOW + timedelta(hours=1)
    send_letter(letter_id=letter.id, mailer=mailer, now=later)
    assert (mailer.sent, reload(letter).state) == ([], LetterState.SKIPPED)


@pytest.mark.parametrize(
    "answer",
    [
        lambda number: Accepted(number, f"250 2.1.5 <{EMAIL}> zora.quill taken"),
        lambda number: Deferred(number, 450, f"4.2.1 <{EMAIL}> zora.quill is busy"),
        lambda number: Refused(number, 550, f"5.1.1 <{EMAIL}> zora.quill is unknown"),
    ],
)
def test_who_is_erased_while_her_letter_is_under_way_leaves_no_word_of_hers(
    make: Make, answer: object
) -> None:
    row = make.subscription(email=EMAIL, state=SubscriptionState.PENDING)
    letter: Letter = make.letter(subscription=row)
    mailer = Erasing(answer(str(letter.id)))  # type: ignore[operator]
    send_letter(letter_id=letter.id, mailer=mailer, now=NOW)
    kept = [reload(letter).reason, *(one.detail for one in history(subscription_id=row.id))]
    assert not [words for words in kept if "quill" in words]


def test_of_a_relays_words_no_address_is_kept(make: Make) -> None:
    row = make.subscription(email=EMAIL, state=SubscriptionState.PENDING)
    letter: Letter = make.letter(subscription=row)
    answers = {EMAIL: lambda mail: Deferred(mail.id, 450, f"4.2.1 <{EMAIL}> is busy")}
    send_letter(letter_id=letter.id, mailer=RecordingMailer(answers=answers), now=NOW)
    assert reload(letter).reason == "4.2.1 <…@…> is busy"
    mailer = RecordingMailer(answers={EMAIL: lambda mail: Accepted(mail.id, f"250 <{EMAIL}> ok")})
    send_letter(letter_id=letter.id, mailer=mailer, now=NOW + timedelta(hours=1))
    (event,) = history(subscription_id=row.id)
    assert event.detail.endswith("250 <…@…> ok")
