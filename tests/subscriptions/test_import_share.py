"""Shares of a file's readers: together they are the file, and no reader is in two."""

from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.publications.models import Publication
from newsletter.subscriptions import bulk_import
from newsletter.subscriptions.bulk_import import FileLine, slices
from newsletter.subscriptions.import_addresses import read_address
from newsletter.subscriptions.import_lines import ReaderFile
from newsletter.subscriptions.import_plan import ImportPlan
from newsletter.subscriptions.import_share import Share
from newsletter.subscriptions.signup import UnusableAddress
from tests.factories import NOW
from tests.subscriptions.importing import publication as publication

SHARES = [Share(number, 3) for number in range(3)]
#: Spellings of one address each.
SPELLINGS = [
    ("ann@example.org", "ANN@Example.ORG"),
    ("r@b\u00fccher.example.org", "R@xn--bcher-kva.example.org"),
]


def whose(address: str) -> list[int]:
    return [share.number for share in SHARES if share.has(address)]


@pytest.mark.parametrize("spellings", SPELLINGS)
def test_every_spelling_of_an_address_is_of_one_share(spellings: tuple[str, ...]) -> None:
    assert len({read_address(one).casefold() for one in spellings}) == 1
    assert len({tuple(whose(one)) for one in spellings}) == 1


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20))
def test_an_address_as_it_is_stored_is_of_the_share_of_how_it_was_written(local: str) -> None:
    written = f"{local}@example.org"
    try:
        stored = read_address(written)
    except UnusableAddress:
        return
    assert whose(stored) == whose(stored.casefold()) == whose(written)
    assert len(whose(written)) == 1


def test_the_shares_are_the_file_and_end_at_the_same_lines(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_import, "SLICE", 7)
    path = tmp_path / "readers.csv"
    path.write_text("email\n" + "".join(f"R{n % 11}@example.org\nnobody {n}\n" for n in range(20)))
    plan = ImportPlan(publication_id=publication.id)

    def read(share: Share) -> list[list[FileLine]]:
        with ReaderFile(path) as file:
            return list(slices(file, plan=plan, now=NOW, share=share))

    whole = read(Share())
    assert [len(one) for one in whole] == [7, 7, 7, 7, 7, 5]
    for lines, *parts in zip(whole, *map(read, SHARES), strict=True):
        assert sorted(chain(*parts), key=lambda one: one.line) == lines
