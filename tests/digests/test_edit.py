"""Editing a draft: checked, whole or not at all, and never over words nobody has seen."""

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.articles.models import Article
from newsletter.digests.article_history import article_history
from newsletter.digests.edit import LEFT_OUT, DraftForm, Overtaken, UnusableDraft, moved, save_draft
from newsletter.digests.edit_lock import GONE_AFTER, EditedByAnother, take_lock
from newsletter.digests.models import Digest, DigestState, Treatment
from newsletter.digests.publish import freeze, weighed_candidates
from newsletter.digests.start import WrongDigestState, draft_by_hand, send_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.staff.models import Staff, StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload

ANN, BOB = 7, 8


@pytest.fixture
def paper(make: Make) -> Publication:
    paper = make.publication()
    for number in range(3):
        make.article(
            publication=paper,
            title=f"Article {number}",
            found_at=NOW,
            published_at=NOW - timedelta(hours=number),
        )
    make.subscription(publication=paper)
    return paper


@pytest.fixture
def draft(paper: Publication) -> Digest:
    with unit_of_work():
        return draft_by_hand(publication_id=paper.id, cadence=Cadence.DAILY, now=NOW)


def ids_of(digest: Digest) -> list[int]:
    """The articles by date."""
    return [one.id for one in weighed_candidates(digest, now=NOW)]


def save(digest: Digest, form: DraftForm, *, version: int = 1, staff_id: int = ANN) -> bool:
    with unit_of_work():
        return save_draft(digest=digest, form=form, version=version, staff_id=staff_id, now=NOW)


def sent_titles(digest: Digest) -> list[tuple[str, Treatment]]:
    with unit_of_work():
        send_now(digest=digest)
    with unit_of_work():
        freeze(digest_id=digest.id, now=NOW)
    return [(one.title, one.treatment) for one in reload(digest).articles]


def test_order_treatment_and_what_is_left_out_are_what_goes(draft: Digest) -> None:
    first, second, third = ids_of(draft)
    wishes = {third: "full", second: "headline", first: LEFT_OUT}
    assert save(draft, DraftForm(order=[third, second, first], treatments=wishes))
    assert sent_titles(draft) == [
        ("Article 2", Treatment.FULL),
        ("Article 1", Treatment.HEADLINE),
    ]


def test_an_article_the_form_does_not_know_follows_those_it_orders(
    make: Make, paper: Publication, draft: Digest
) -> None:
    first, second, _ = ids_of(draft)
    save(draft, DraftForm(order=[second, first]))
    assert [title for title, _ in sent_titles(draft)] == ["Article 1", "Article 0", "Article 2"]


def test_the_order_by_date_is_no_order_of_its_own(draft: Digest) -> None:
    assert not save(draft, DraftForm(order=ids_of(draft)))
    assert reload(draft).choices == []


def test_an_article_left_out_says_so_and_by_whom(
    make: Make, paper: Publication, draft: Digest
) -> None:
    with unit_of_work() as session:
        ann = Staff(
            email="ann@example.org",
            name="Ann",
            password="",
            fs_uniquifier="ann",
            role=StaffRole.EDITOR,
            created_at=NOW,
        )
        session.add(ann)
        session.flush()
        ann_id = ann.id
    first, *rest = ids_of(draft)
    save(draft, DraftForm(order=[first, *rest], treatments={first: LEFT_OUT}), staff_id=ann_id)
    sent_titles(draft)
    (left_out,) = [one for one in reload(draft).choices if one.left_out]
    lines = article_history(article=db.session.get_one(Article, left_out.article_id), now=NOW)
    assert any(
        line.sentence.startswith("Left out of the daily digest of 2 March 2026")
        and line.sentence.endswith("by Ann.")
        for line in lines
    )


def test_everything_left_out_is_refused(draft: Digest) -> None:
    ids = ids_of(draft)
    with pytest.raises(UnusableDraft) as refused:
        save(draft, DraftForm(order=ids, treatments=dict.fromkeys(ids, LEFT_OUT)))
    assert "Leave at least one article in" in refused.value.problems["articles"]


def test_what_only_a_reader_far_behind_gets_is_not_enough(
    make: Make, paper: Publication, draft: Digest
) -> None:
    fresh = ids_of(draft)
    with unit_of_work() as session:
        session.get_one(Digest, draft.id).position_from = 2  # two of the three went before
    new = [one for one in fresh if db.session.get_one(Article, one).position == 3]
    with pytest.raises(UnusableDraft) as refused:
        save(draft, DraftForm(order=new, treatments=dict.fromkeys(new, LEFT_OUT)))
    assert "Leave at least one article in" in refused.value.problems["articles"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("subject", "s" * 151, "at most 150 characters; this has 151"),
        ("preheader", "p" * 151, "at most 150"),
        ("introduction", "i" * 5_001, "at most 5,000 characters; this has 5,001"),
        ("block_label", "banner", "Choose advertisement or notice"),
        ("block_link", "javascript:alert(1)", "Give a web address"),
    ],
)
def test_each_field_is_checked(draft: Digest, field: str, value: str, sentence: str) -> None:
    with pytest.raises(UnusableDraft) as refused:
        save(draft, replace(DraftForm(), **{field: value}))
    assert sentence in refused.value.problems[field]
    assert reload(draft).version == 1


def test_a_block_needs_a_label_and_a_title(draft: Digest) -> None:
    with pytest.raises(UnusableDraft) as unlabelled:
        save(draft, DraftForm(block_title="Spring sale"))
    assert "advertisement or a notice" in unlabelled.value.problems["block_label"]
    with pytest.raises(UnusableDraft) as untitled:
        save(draft, DraftForm(block_label="notice", block_text="We moved."))
    assert "title" in untitled.value.problems["block_title"]


def test_words_that_would_leave_no_room_for_articles_are_refused(draft: Digest) -> None:
    with pytest.raises(UnusableDraft) as refused:
        save(draft, DraftForm(introduction="- a\n" * 1_200))
    assert "too little room" in refused.value.problems["introduction"]


def test_saving_what_is_saved_changes_no_version(draft: Digest) -> None:
    assert save(draft, DraftForm(subject="Ports"))
    assert not save(draft, DraftForm(subject="Ports"), version=2)
    assert reload(draft).version == 2


def test_words_that_somebody_saved_since_are_not_written_over(draft: Digest) -> None:
    save(draft, DraftForm(subject="Hers"))
    with pytest.raises(Overtaken):
        save(draft, DraftForm(subject="Mine"))
    assert reload(draft).subject == "Hers"


def test_a_digest_that_has_gone_cannot_be_edited(draft: Digest) -> None:
    with unit_of_work():
        send_now(digest=draft)
    with pytest.raises(WrongDigestState):
        save(draft, DraftForm(subject="Too late"))
    assert reload(draft).state is DigestState.SCHEDULED


def test_two_editors_take_turns(draft: Digest) -> None:
    save(draft, DraftForm(subject="Ann's"))
    with pytest.raises(EditedByAnother) as other:
        save(draft, DraftForm(subject="Bob's"), version=2, staff_id=BOB)
    assert (other.value.staff_id, other.value.since) == (ANN, NOW)
    with unit_of_work():
        take_lock(digest=draft, staff_id=BOB, now=NOW, over=True)
    assert save(draft, DraftForm(subject="Bob's"), version=2, staff_id=BOB)
    with unit_of_work():
        gone = NOW + GONE_AFTER + timedelta(seconds=1)
        assert take_lock(digest=draft, staff_id=ANN, now=gone).since == gone


def test_a_row_moves_up_and_down_and_stays_within_the_list() -> None:
    assert moved([1, 2, 3], 3, by=-1) == [1, 3, 2]
    assert moved([1, 2, 3], 1, by=1) == [2, 1, 3]
    assert moved([1, 2, 3], 1, by=-1) == [1, 2, 3]
    assert moved([1, 2, 3], 9, by=1) == [1, 2, 3]
