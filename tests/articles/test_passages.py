"""The passage that shows why an article was found."""

from newsletter.articles.models import Article
from newsletter.articles.passages import LONGEST_PASSAGE, Piece, marked, passage_of
from newsletter.articles.search_words import wanted_in


def shown(pieces: tuple[Piece, ...]) -> str:
    return "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in pieces)


def article(excerpt: str, text: str) -> Article:
    return Article(title="T", excerpt=excerpt, content_html=f"<p>{text}</p>")


def test_hits_are_marked_in_the_form_they_have_in_the_text() -> None:
    pieces = marked("Ports of the Déjà <b>", wanted_in("port deja"))
    assert shown(pieces) == "[Ports] of the [Déjà] <b>"


def test_a_phrase_is_one_hit_and_its_words_alone_are_none() -> None:
    assert shown(marked("red, the Red Sea, sea", wanted_in('"red sea"'))) == (
        "red, the [Red Sea], sea"
    )


def test_the_standfirst_is_shown_if_it_has_all_that_was_asked_for() -> None:
    found = passage_of(article("A gulf and a coast.", "The gulf coast."), wanted_in("coast gulf"))
    assert shown(found) == "A [gulf] and a [coast]."


def test_else_the_stretch_of_the_text_with_most_of_it() -> None:
    text = "The gulf. " + "Filler words here. " * 40 + "Near the coast lies a gulf. " + "End. " * 99
    found = shown(passage_of(article("Nothing.", text), wanted_in("gulf coast")))
    assert "Near the [coast] lies a [gulf]." in found
    assert found.startswith("… ")
    assert found.endswith(" …")
    assert len(found) < LONGEST_PASSAGE + 20


def test_a_hit_in_the_headline_alone_shows_the_standfirst_as_it_is() -> None:
    assert shown(passage_of(article("About it.", "Text."), wanted_in("headline"))) == "About it."


def test_a_text_without_spaces_is_cut_all_the_same() -> None:
    found = shown(passage_of(article("", "会" * 500 + "平和" + "会" * 500), wanted_in("平和")))
    assert "[平和]" in found
    assert len(found) < LONGEST_PASSAGE + 20
