"""The subject of a draft."""

import pytest

from newsletter.digests.models import Digest, DigestState
from newsletter.digests.reword import LONGEST_SUBJECT, SubjectTooLong, change_subject
from newsletter.digests.start import WrongDigestState
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make, reload


@pytest.fixture
def draft(make: Make) -> Digest:
    return make.digest(publication=make.publication(), state=DigestState.DRAFT, subject="")


def test_a_subject_is_one_line(draft: Digest) -> None:
    with unit_of_work():
        change_subject(digest=draft, subject="  Three\r\nBcc: all@example.org \t bridges ")
    assert reload(draft).subject == "Three Bcc: all@example.org bridges"


def test_a_subject_can_be_taken_back(draft: Digest) -> None:
    with unit_of_work():
        change_subject(digest=draft, subject="Three bridges")
    with unit_of_work():
        change_subject(digest=draft, subject="   ")
    assert reload(draft).subject == ""


def test_a_subject_that_nobody_would_see_whole_is_refused(draft: Digest) -> None:
    subject = "x" * (LONGEST_SUBJECT + 1)
    with pytest.raises(SubjectTooLong, match=r"at most 150.* has 151"), unit_of_work():
        change_subject(digest=draft, subject=subject)


def test_a_digest_that_went_out_keeps_its_subject(make: Make) -> None:
    sent = make.digest(publication=make.publication(), subject="As sent")
    with pytest.raises(WrongDigestState), unit_of_work():
        change_subject(digest=sent, subject="Another")
    assert reload(sent).subject == "As sent"
