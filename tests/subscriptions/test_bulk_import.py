"""An import adds readers once, with proof, and brings nobody back who left."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.bulk_import import (
    import_slice,
    slices,
)
from newsletter.subscriptions.consent import history
from newsletter.subscriptions.import_lines import ReaderFile
from newsletter.subscriptions.import_plan import ImportPlan, MissingEvidence
from newsletter.subscriptions.letter_contents import content_of
from newsletter.subscriptions.letters import due_letters
from newsletter.subscriptions.models import (
    ConsentStep,
    LegalBasis,
    Letter,
    LetterKind,
    LetterState,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import hash_address, suppress
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make
from tests.subscriptions.asking import ask
from tests.subscriptions.importing import EVIDENCE, bring_in, count, reader
from tests.subscriptions.importing import publication as publication


def test_a_confirmed_reader_starts_after_the_newest_article(
    make: Make, publication: Publication, tmp_path: Path
) -> None:
    topic = make.topic(publication=publication, name="Europe")
    make.topic(publication=publication, name="Asia")
    text = (
        "Email,Name,Cadence,Topics,Language,Signed up,Confirmed\n"
        "Ann@example.org,Ann,daily,europe,de,2021-03-04,2021-03-05 10:00:00\n"
    )
    [result] = bring_in(publication, tmp_path, text)
    assert (result.added, result.letters, result.refusals) == (1, 0, [])
    ann = reader("ann@example.org")
    assert (ann.state, ann.cadence, ann.cursor) == (SubscriptionState.CONFIRMED, Cadence.DAILY, 7)
    assert (ann.topics, ann.language) == (frozenset({topic.id}), "de")
    assert ann.legal_basis is LegalBasis.IMPORTED_EVIDENCE
    assert ann.signed_up_at == datetime(2021, 3, 4, tzinfo=UTC)
    assert ann.confirmed_at == datetime(2021, 3, 5, 10, tzinfo=UTC)
    assert (ann.subscriber.email, ann.subscriber.name) == ("Ann@example.org", "Ann")
    assert count(Letter) == 0


def test_the_evidence_is_kept_with_each_reader(publication: Publication, tmp_path: Path) -> None:
    bring_in(publication, tmp_path, "email,signed up\na@example.org,2021-03-04\n")
    [event] = history(subscription_id=reader("a@example.org").id)
    assert event.step is ConsentStep.IMPORTED
    assert event.detail == f"{EVIDENCE} Signed up 2021-03-04 00:00 UTC."


def test_confirmed_readers_need_evidence(publication: Publication) -> None:
    with pytest.raises(MissingEvidence):
        ImportPlan(publication_id=publication.id, confirmed=True, evidence=" ")


def test_an_unconfirmed_reader_is_pending_and_owed_one_letter(
    publication: Publication, tmp_path: Path
) -> None:
    text = "email,signed up\na@example.org,2019-01-01\n"
    [result] = bring_in(publication, tmp_path, text, confirmed=False)
    assert (result.added, result.letters) == (1, 1)
    subscription = reader("a@example.org")
    assert subscription.state is SubscriptionState.PENDING
    assert subscription.signed_up_at == NOW  # an old date would make it look expired
    letter = db.session.scalars(sa.select(Letter)).one()
    assert (letter.kind, letter.state) == (LetterKind.CONFIRMATION, LetterState.QUEUED)
    assert due_letters(now=NOW) == [letter.id]
    assert content_of(letter, now=NOW).imported, "it claims no signup"
    ask(publication, "a@example.org")
    assert not content_of(letter, now=NOW).imported, "now there was one"


def test_a_second_run_changes_nothing(publication: Publication, tmp_path: Path) -> None:
    text = "email\na@example.org\nA@EXAMPLE.ORG\nb@example.org\n"
    [first] = bring_in(publication, tmp_path, text, confirmed=False)
    [second] = bring_in(publication, tmp_path, text, confirmed=False)
    assert (first.added, first.there) == (2, 1)
    assert (second.added, second.there, second.letters) == (0, 3, 0)
    assert (count(Subscription), count(Letter)) == (2, 2)


def test_who_left_is_never_brought_back(
    make: Make, publication: Publication, tmp_path: Path
) -> None:
    make.subscription(
        publication=publication, email="a@example.org", state=SubscriptionState.UNSUBSCRIBED
    )
    [result] = bring_in(publication, tmp_path, "email\na@example.org\n")
    assert (result.added, result.there) == (0, 0)
    assert "unsubscribed" in result.refusals[0].reason
    assert reader("a@example.org").state is SubscriptionState.UNSUBSCRIBED


@pytest.mark.parametrize("why", list(SuppressionReason))
def test_a_suppressed_address_is_refused_with_the_reason(
    publication: Publication, tmp_path: Path, why: SuppressionReason
) -> None:
    with unit_of_work():
        suppress(address="a@example.org", reason=why, now=NOW)
    [result] = bring_in(publication, tmp_path, "email\nA@example.org\nb@example.org\n")
    assert result.added == 1
    [refusal] = result.refusals
    assert (refusal.line, refusal.value) == (2, "A@example.org")
    assert refusal.reason.startswith(("suppressed", "erased"))
    assert count(Subscriber) == 1


def test_a_reader_of_another_publication_keeps_her_name_and_gets_a_second_subscription(
    make: Make, publication: Publication, tmp_path: Path
) -> None:
    make.subscription(subscriber=make.subscriber(email="a@example.org", name="Ann"))
    [result] = bring_in(publication, tmp_path, "email,name\na@example.org,Other\n")
    assert result.added == 1
    assert count(Subscriber) == 1
    assert db.session.scalars(sa.select(Subscriber.name)).one() == "Ann"


def test_an_import_makes_no_more_letters_than_a_form_could(
    make: Make, publication: Publication, tmp_path: Path
) -> None:
    other = make.subscription(email="a@example.org", state=SubscriptionState.PENDING)
    with unit_of_work() as session:
        session.add(
            Letter(
                kind=LetterKind.CONFIRMATION,
                subscription_id=other.id,
                state=LetterState.SENT,
                requested_at=NOW - timedelta(hours=1),
                next_attempt_at=NOW,
            )
        )
    [result] = bring_in(publication, tmp_path, "email\na@example.org\n", confirmed=False)
    assert (result.added, result.letters) == (0, 0)
    assert "share of confirmation letters" in result.refusals[0].reason


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("not-an-address,,,,", "not an address"),
        ("a@example.org,hourly,,,", "the cadence 'hourly' is none of"),
        ("a@example.org,,weather,,", "offers no topic 'weather'"),
        ("a@example.org,,,yesterday,", "the date 'yesterday' cannot be read"),
        ("a@example.org,,,2999-01-01,", "lies in the future"),
        ("a@example.org,,,,unsubscribed", "the file says unsubscribed"),
        ("a@example.org,,,,pending", "no confirmation to take over"),
    ],
)
def test_a_line_that_cannot_be_taken_says_why(
    publication: Publication, tmp_path: Path, cells: str, reason: str
) -> None:
    text = f"email,cadence,topics,signed up,status\n{cells}\nb@example.org,,,,active\n"
    [result] = bring_in(publication, tmp_path, text)
    assert result.added == 1
    [refusal] = result.refusals
    assert refusal.line == 2
    assert reason in refusal.reason


def test_all_topics_are_the_same_as_none(
    make: Make, publication: Publication, tmp_path: Path
) -> None:
    make.topic(publication=publication, name="Europe")
    make.topic(publication=publication, name="Middle East", slug="middle-east")
    bring_in(publication, tmp_path, "email,topics\na@example.org,Europe; middle east\n")
    assert reader("a@example.org").topics == frozenset()


def test_signs_that_mean_something_to_a_database_are_kept(
    publication: Publication, tmp_path: Path
) -> None:
    name = r"\N O'Hara \t \\ {x} %s :y"
    path = tmp_path / "readers.csv"
    path.write_text(f'email,name\na@example.org,"{name}"\n', encoding="utf-8")
    evidence = "Line one\nline \\two\tand \\. more"
    plan = ImportPlan(publication_id=publication.id, confirmed=True, evidence=evidence)
    with ReaderFile(path) as file, unit_of_work():
        [lines] = slices(file, plan=plan, now=NOW)
        import_slice(plan=plan, lines=lines, now=NOW)
    subscription = reader("a@example.org")
    assert subscription.subscriber.name == name
    assert [one.detail for one in history(subscription_id=subscription.id)] == [evidence]


def test_international_addresses_are_stored_as_signup_stores_them(
    publication: Publication, tmp_path: Path
) -> None:
    text = "Zoe@Bücher.example.org\na@xn--bcher-kva.example.org\nİ@example.org\n"
    bring_in(publication, tmp_path, text)
    stored = {one.email: one for one in db.session.scalars(sa.select(Subscriber))}
    assert set(stored) == {"Zoe@bücher.example.org", "a@bücher.example.org"}
    assert all(one.email_key == email.casefold() for email, one in stored.items())
    assert all(one.address_hash == hash_address(email) for email, one in stored.items())
