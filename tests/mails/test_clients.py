"""What mail programs do without, by caniemail, is used only where that is no harm."""

import pytest

from newsletter.digests.budget import BUDGET
from newsletter.digests.client_support import ACCEPTED, unsupported
from newsletter.digests.mail_features import features_of
from newsletter.digests.mail_tree import read_mail
from tests.mails.kinds import KINDS, Mail


def without(html: str) -> set[str]:
    """Return the features in use that some program does without."""
    return {one.name for one in unsupported(features_of(read_mail(html)))}


@pytest.mark.parametrize("kind", KINDS)
def test_no_mail_needs_what_a_mail_program_does_without(mails: dict[str, Mail], kind: str) -> None:
    assert without(mails[kind].html) - ACCEPTED.keys() == set()


def test_every_exception_is_still_needed(mails: dict[str, Mail]) -> None:
    used = set().union(*(without(mail.html) for mail in mails.values()))
    assert ACCEPTED.keys() - used == set(), "these exceptions are met no more"


def test_forty_long_articles_stay_within_the_budget(mails: dict[str, Mail]) -> None:
    size = len(mails["digest_of_forty_long_articles"].html.encode())
    assert 0.8 * BUDGET < size <= BUDGET
    assert BUDGET == 95_000
