"""Every word that readers read stands in the catalogues, and the catalogues are whole."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from newsletter import PROJECT_DIR
from newsletter.languages import FOLDER, LANGUAGES, SOURCE
from scripts.collect_words import collected, told
from tests.house.template_words import bare_words

TEMPLATES = PROJECT_DIR / "templates"

#: For staff, or for whoever tries the service out.
OTHERS = ("web/admin/", "web/outbox/", "web/sample/")
READ = sorted(
    path
    for path in TEMPLATES.rglob("*")
    if path.suffix in {".html", ".mjml", ".txt", ".xml"}
    and (
        path.name == "box_snippet.html"
        or not path.relative_to(TEMPLATES).as_posix().startswith(OTHERS)
    )
)
MARKUP = {".html", ".mjml", ".xml"}
CATALOGUES = sorted(FOLDER.glob("*.po"))

GAP = re.compile(r"%\(\w+\)[a-z]")


def name(path: Path) -> str:
    """Name a file in a test's title."""
    return path.relative_to(PROJECT_DIR).as_posix()


def read(path: Path) -> Catalog:
    """Return a catalogue as it is written."""
    with path.open("rb") as written:
        return read_po(written, locale=path.stem)


def key(message: Message) -> tuple[str | None, str]:
    """Return what makes a message one of its own."""
    words = message.id if isinstance(message.id, str) else message.id[0]
    return message.context, words


def pairs(catalogue: Catalog) -> Iterator[tuple[list[str], list[str]]]:
    """Yield each message in English and in its own language, every form of it."""
    for message in catalogue:
        if message.id:
            yield (
                [message.id] if isinstance(message.id, str) else list(message.id),
                [message.string] if isinstance(message.string, str) else list(message.string),
            )


@pytest.mark.parametrize("path", READ, ids=name)
def test_a_readers_template_says_nothing_outside_the_catalogues(path: Path) -> None:
    assert bare_words(path.read_text(), is_markup=path.suffix in MARKUP) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('<p>{{ _("Kept") }} {{ name }} · {{ 5 }}</p>', []),
        ("<p>Forgotten {{ name }}</p>", ["Forgotten \N{OBJECT REPLACEMENT CHARACTER}"]),
        ('<a aria-label="Forgotten">1</a>', ["Forgotten"]),
        ('{{ "Quite forgotten" if wrong }}', ["Quite forgotten"]),
        ("{% trans %}<b>Kept</b>{% endtrans %}<code>flask run</code>", []),
    ],
)
def test_forgotten_words_are_found(source: str, words: list[str]) -> None:
    assert bare_words(source, is_markup=True) == words


def test_there_is_a_catalogue_of_every_language_that_is_offered() -> None:
    assert {path.stem for path in CATALOGUES} == set(LANGUAGES) - {SOURCE}


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_a_catalogue_has_the_messages_of_today_and_no_others(path: Path) -> None:
    """`make words` brings it up to date."""
    wanted = {key(message) for message in collected() if message.id}
    assert {key(message) for message in read(path) if message.id} == wanted


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_every_message_has_its_words_and_nobody_guessed_them(path: Path) -> None:
    catalogue = read(path)
    assert [message.id for message in catalogue if message.id and not told(message)] == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_every_plural_has_all_forms_of_its_language(path: Path) -> None:
    catalogue = read(path)
    for english, own in pairs(catalogue):
        assert len(own) == (catalogue.num_plurals if len(english) == 2 else 1), english


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_the_gaps_and_tags_of_a_message_are_those_of_the_english(path: Path) -> None:
    for english, own in pairs(read(path)):
        for words in own:
            assert set(GAP.findall(words)) == set(GAP.findall(english[-1])), english
            assert words.count("%") == len(GAP.findall(words)), english
            assert sorted(re.findall(r"</?\w+", words)) == sorted(
                re.findall(r"</?\w+", english[-1])
            )


def test_ukrainian_is_written_with_its_own_signs() -> None:
    """The apostrophe, the quotation marks, and no letter of a neighbour."""
    for english, own in pairs(read(FOLDER / "uk.po")):
        for words in own:
            prose = re.sub(r"<[^>]*>", "", GAP.sub("", words))
            assert not re.search(r"['\"“”]|[ыэёъ]", prose, re.IGNORECASE), english
            assert "%(day)s." not in words, "a date ends with a full stop of its own"
