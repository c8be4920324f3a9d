"""This will hold the vendored front-end files to what their table says of them."""

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `([^`]+)` \| ([\d.]+) \|.*\| `([0-9a-f]{64})` \|$", re.MULTILINE)
TABLE = ROW.findall((ROOT / "static/vendor/README.md").read_text())
SERVED = sorted(
    path for path in (ROOT / "static/vendor").rglob("*") if path.suffix in {".css", ".js", ".svg"}
)
FONTS = sorted((ROOT / "static/vendor").rglob("*.ttf"))
ELSEWHERE = re.compile(
    r"sourceMappingURL=|@import\s+(?:url\()?[\"']?(?:https?:)?//|url\([\"']?(?:https?:)?//"
)


def kept(pattern: str) -> list[Path]:
    return sorted(ROOT.glob(pattern))


@pytest.mark.parametrize(("pattern", "version", "digest"), TABLE)
def test_a_vendored_file_is_the_one_in_the_table(pattern: str, version: str, digest: str) -> None:
    files = kept(pattern)
    content = b"".join(path.read_bytes() for path in files)
    assert hashlib.sha256(content).hexdigest() == digest
    assert (files[0].parent / "VERSION").read_text().strip() == version
    assert (files[0].parent / "LICENSE").stat().st_size > 500


def test_every_vendored_file_stands_in_the_table() -> None:
    listed = {path for pattern, _, _ in TABLE for path in kept(pattern)}
    assert FONTS
    assert set(SERVED) | set(FONTS) <= listed


@pytest.mark.parametrize("path", SERVED, ids=lambda path: path.name)
def test_a_vendored_file_asks_no_other_host_and_no_missing_map(path: Path) -> None:
    assert ELSEWHERE.search(path.read_text()) is None
