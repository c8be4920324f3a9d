"""docs/conformance.md names, for each sentence of a standard, a test that is there."""

import re

from newsletter import PROJECT_DIR

#: A row: what holds, the source, and the test in code signs.
ROW = re.compile(r"^\| (?P<sentence>[^|]+) \| (?P<source>[^|]+) \| `(?P<test>[^`|]+)` \|$", re.M)
LEAST_SENTENCES = 50


def rows() -> list[re.Match[str]]:
    return list(ROW.finditer((PROJECT_DIR / "docs/conformance.md").read_text(encoding="utf-8")))


def test_there_are_fifty_sentences_each_with_a_source() -> None:
    sentences = [row["sentence"].strip() for row in rows()]
    assert len(sentences) >= LEAST_SENTENCES
    assert len(set(sentences)) == len(sentences)
    assert all(re.search(r"RFC \d+|Gmail|Policy|Apple|Yahoo", row["source"]) for row in rows())


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for row in rows():
        file, _, name = row["test"].partition("::")
        path = PROJECT_DIR / file
        if not path.is_file() or f"def {name}(" not in path.read_text(encoding="utf-8"):
            missing.append(row["test"])
    assert not missing


def test_every_line_of_a_table_is_read() -> None:
    text = (PROJECT_DIR / "docs/conformance.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ") and "|---" not in line]
    headings = [line for line in lines if line.startswith("| what holds ")]
    assert len(rows()) == len(lines) - len(headings)
