"""Each letter speaks the language of the subscription, in subject and both parts."""

import re

import pytest

from newsletter.subscriptions.letter_mail import render_letter
from newsletter.subscriptions.models import LetterKind
from tests.factories import Make

#: Written by the rooms above, with a digest in it.
ELSEWHERE = {LetterKind.WELCOME}

_LATIN = re.compile(r"[A-Za-z]{2,}")
_TAG = re.compile(r"<(style|title|head)\b.*?</\1>|<[^>]*>|&[#\w]+;", re.DOTALL)


@pytest.mark.parametrize("kind", sorted(set(LetterKind) - ELSEWHERE))
def test_a_letter_to_a_ukrainian_reader_has_no_english_word(make: Make, kind: LetterKind) -> None:
    paper = make.publication(
        name="Гавань", language="en", postal_address="", copyright_line="", accent="#0B3D6B"
    )
    letter = render_letter(kind=kind, publication=paper, link="https://a", lasts=3, language="uk")
    for part in (letter.subject, letter.text, _TAG.sub(" ", letter.html)):
        assert "Гавань" in part or "ГАВАНЬ" in part
        assert set(_LATIN.findall(part)) <= {"https"}
