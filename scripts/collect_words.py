"""This will bring the catalogues of words for readers up to date with templates and code.

    .venv/bin/python scripts/collect_words.py            # write translations/*.po
    .venv/bin/python scripts/collect_words.py --check    # write nothing, tell what is missing

New words come in untranslated, words that nobody says any more go out; nothing is guessed.
Pages and mails that readers do not see are left out, for they are English.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / "translations"

PYTHON = [("newsletter/**.py", "python")]
TEMPLATES = [
    ("templates/web/admin/box_snippet.html", "jinja2"),  # stands on publishers' own sites
    ("templates/web/admin/**", "ignore"),
    ("templates/web/outbox/**", "ignore"),
    ("templates/web/sample/**", "ignore"),
    *((f"templates/**.{kind}", "jinja2") for kind in ("html", "xml", "mjml", "txt", "css")),
]
OPTIONS = {"templates/**": {"trimmed": "true", "silent": "false"}}
KEYWORDS = {**DEFAULT_KEYWORDS, "later": None}

#: The same for every run, so that a catalogue changes only where its words do.
WRITTEN = datetime(2026, 11, 26, tzinfo=UTC)


def main(arguments: list[str]) -> int:
    """Write the catalogues, or say what they lack."""
    template, lacking = collected(), 0
    for path in sorted(FOLDER.glob("*.po")):
        catalogue = updated(path, template)
        missing = [str(message.id) for message in catalogue if message.id and not told(message)]
        lacking += len(missing)
        print(f"{path.name}: {len(catalogue)} messages, {len(missing)} without words")
        for words in missing:
            print(f"  {words}")
        if "--check" not in arguments:
            write(catalogue, path)
    return int(bool(lacking))


def collected() -> Catalog:
    """Return every message that templates and code may say to readers."""
    catalogue = Catalog(project="Newsletter", creation_date=WRITTEN, charset="utf-8", fuzzy=False)
    for name, message, comments, context in _messages():
        catalogue.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalogue


def updated(path: Path, template: Catalog) -> Catalog:
    """Return the catalogue of one language with the messages of today."""
    with path.open("rb") as written:
        catalogue = read_po(written, locale=path.stem)
    catalogue.update(template, no_fuzzy_matching=True)
    return catalogue


def told(message: object) -> bool:
    """Say whether a message has its words, in every form of its plural."""
    words = message.string  # type: ignore[attr-defined]
    return all(words) if isinstance(words, (tuple, list)) else bool(words)


def write(catalogue: Catalog, path: Path) -> None:
    """Write a catalogue as translators read it: by message, with the files that say it."""
    catalogue.creation_date = catalogue.revision_date = WRITTEN
    catalogue.last_translator = catalogue.language_team = catalogue.msgid_bugs_address = ""
    catalogue.version = ""
    with path.open("wb") as file:
        write_po(
            file, catalogue, sort_output=True, include_lineno=False, ignore_obsolete=True, width=100
        )


def _messages() -> Iterator[tuple[str, object, list[str], str | None]]:
    for methods, folder in ((PYTHON, "newsletter"), (TEMPLATES, "templates")):
        found = extract_from_dir(
            PROJECT / folder,
            method_map=[
                (pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods
            ],
            options_map={
                pattern.removeprefix("templates/"): options
                for pattern, options in OPTIONS.items()
                if folder == "templates"
            },
            keywords=KEYWORDS,
        )
        for name, _line, message, comments, context in found:
            yield f"{folder}/{name}", message, comments, context


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
