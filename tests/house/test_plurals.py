"""Sentences of one and of many go by their number, wherever it stands among what they name."""

import re
from pathlib import Path

import pytest

from newsletter import PROJECT_DIR

TEMPLATES = PROJECT_DIR / "templates"
SENTENCE = re.compile(
    r"\{%-? trans ([^%]*?)-?%\}(?:(?!endtrans).)*?\{%-? pluralize ?(\w*) ?-?%\}", re.DOTALL
)
WITH_PLURALS = sorted(path for path in TEMPLATES.rglob("*.*") if "pluralize" in path.read_text())


@pytest.mark.parametrize("path", WITH_PLURALS, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_plural_goes_by_the_count(path: Path) -> None:
    """Without a name after `pluralize` Jinja counts by what is named first, be it an hour."""
    found = SENTENCE.findall(path.read_text())
    assert found
    for names, named in found:
        counted_by = named or re.split(r"[=,\s]", names.strip())[0]
        assert counted_by == "count", names
