"""The languages in which readers are addressed, their words, and the one spoken at the moment.

The words stand in `translations/`, one catalogue a language, as translators write it; it is read
as it is, so nothing has to be compiled before the service starts.
"""

import gettext as catalogues
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.core import UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parents[1] / "translations"

#: The language of the words in templates and code.
SOURCE = "en"

#: Languages that have all their words, by tag, each called as its readers call it.
LANGUAGES = {"en": "English", "uk": "Українська"}

_spoken: ContextVar[str] = ContextVar("spoken", default=SOURCE)


def spoken() -> str:
    """Return the language in which sentences are said at the moment."""
    return _spoken.get()


def speak(language: str) -> None:
    """Say sentences in a language from now on; where it has no words, in English."""
    _spoken.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say sentences in a language inside the block."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def gettext(words: str, **values: object) -> str:
    """Return words in the language spoken, with `%(name)s` filled by the values."""
    return _filled(catalogue(spoken()).gettext(words), values)


def pgettext(context: str, words: str, **values: object) -> str:
    """Return words that mean several things, in the sense that the context names."""
    return _filled(catalogue(spoken()).pgettext(context, words), values)


def ngettext(one: str, several: str, count: int, **values: object) -> str:
    """Return words in the form that goes with a number; `%(count)s` is the number."""
    found = catalogue(spoken()).ngettext(one, several, count)
    return _filled(found, {"count": count, **values})


def later(words: str) -> str:
    """Mark words for the catalogues that `gettext` is asked for later; they stay as they are."""
    return words


def has_words(language: str) -> bool:
    """Whether readers of a language are addressed in it, and not in English."""
    locale = locale_of(language)
    return locale.language == SOURCE or any(map(Path.exists, _paths(locale)))


def worded() -> str:
    """Return the language spoken where it has words, else English: for parts of a sentence."""
    return spoken() if has_words(spoken()) else SOURCE


@cache
def catalogue(language: str) -> catalogues.NullTranslations:
    """Return the words of a language, the English ones where it has none."""
    found = next((path for path in _paths(locale_of(language)) if path.exists()), None)
    return _read(found) if found else catalogues.NullTranslations()


def locale_of(language: str) -> Locale:
    """Return the conventions of a language; of English where it is unknown."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, TypeError, UnknownLocaleError):
        return Locale(SOURCE)


def language_tag(language: str) -> str:
    """Return a language as HTML writes it (`pt-BR`)."""
    return str(locale_of(language)).replace("_", "-")


def direction_of(language: str) -> str:
    """Return from where a language is read, "ltr" or "rtl"."""
    return str(locale_of(language).text_direction)


def called(language: str) -> str:
    """Return what readers of a language call it."""
    name = LANGUAGES.get(language) or locale_of(language).get_display_name() or language
    return name[:1].upper() + name[1:]


def among(asked: str, offered: Sequence[str]) -> str:
    """Return which of the languages offered is the one asked for, `uk` also for `uk-UA`."""
    tag = asked.replace("_", "-").lower()
    by_tag = {one.lower(): one for one in offered}
    return by_tag.get(tag) or by_tag.get(tag.partition("-")[0]) or ""


def _paths(locale: Locale) -> list[Path]:
    return [FOLDER / f"{name}.po" for name in (str(locale), locale.language)]


def _filled(words: str, values: dict[str, object]) -> str:
    return words % values if values else words


def _read(path: Path) -> catalogues.GNUTranslations:
    compiled = BytesIO()
    with path.open("rb") as written:
        write_mo(compiled, read_po(written))
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)
