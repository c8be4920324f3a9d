"""Words, directions and names of languages."""

import pytest

from newsletter.languages import (
    among,
    called,
    direction_of,
    gettext,
    has_words,
    language_tag,
    ngettext,
    pgettext,
    speak,
    speaking,
    spoken,
)


def test_words_are_said_in_the_language_spoken_and_else_in_english() -> None:
    assert gettext("Archive") == "Archive"
    with speaking("uk"):
        assert gettext("Archive") == "Архів"
        with speaking("ar"):
            assert gettext("Archive") == "Archive"
        assert spoken() == "uk"
    assert spoken() == "en"


def test_a_language_of_a_region_has_the_words_of_the_language() -> None:
    with speaking("uk-UA"):
        assert gettext("Archive") == "Архів"
    assert has_words("uk-UA")
    assert has_words("en-GB")
    assert not has_words("ar")


@pytest.mark.parametrize(
    ("count", "words"), [(1, "коментар"), (3, "коментарі"), (11, "коментарів")]
)
def test_a_number_chooses_the_form(count: int, words: str) -> None:
    with speaking("uk"):
        said = ngettext("%(count)s comment", "%(count)s comments", count)
    assert said == f"{count} {words}"


def test_words_of_several_senses_are_told_apart() -> None:
    with speaking("uk"):
        assert pgettext("button", "Search") == "Шукати"
        assert pgettext("page", "Search") == "Пошук"


def test_what_was_spoken_is_spoken_until_something_else_is() -> None:
    speak("uk")
    assert gettext("Topics") == "Теми"
    speak("en")
    assert gettext("Topics") == "Topics"


@pytest.mark.parametrize(
    ("asked", "found"),
    [("uk", "uk"), ("UK", "uk"), ("uk-UA", "uk"), ("uk_UA", "uk"), ("pt-br", "pt-BR"), ("pt", "")],
)
def test_a_language_is_found_among_those_offered(asked: str, found: str) -> None:
    assert among(asked, ["en", "uk", "pt-BR"]) == found


def test_languages_are_called_as_their_readers_call_them() -> None:
    assert [called(one) for one in ("en", "uk", "de")] == ["English", "Українська", "Deutsch"]
    assert (language_tag("pt_BR"), direction_of("ar"), direction_of("uk")) == (
        "pt-BR",
        "rtl",
        "ltr",
    )
