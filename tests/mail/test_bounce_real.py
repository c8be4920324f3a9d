"""Reports as found in the world, where they are at hand: each is classed as what it is."""

import os
from pathlib import Path

import pytest

from newsletter.mail.bounce_kinds import ReportKind
from newsletter.mail.bounce_reports import parse_report

HERE = Path(__file__).resolve()
PLACES = [Path(os.environ["REAL_BOUNCES"])] if "REAL_BOUNCES" in os.environ else []
PLACES += [parent / "shared" / "data" / "bounces" for parent in HERE.parents]
FOLDER = next((place for place in PLACES if place.is_dir()), None)
FILES = sorted(FOLDER.glob("*.eml")) if FOLDER else []

pytestmark = pytest.mark.skipif(
    not FILES, reason="the collection of real bounces is not here (set REAL_BOUNCES to its folder)"
)

#: What the names of the files say of them.
KINDS = {
    "hard": ReportKind.HARD,
    "soft": ReportKind.SOFT,
    "delayed": ReportKind.DELAYED,
    "ooo": ReportKind.AUTO_REPLY,
    "complaint": ReportKind.COMPLAINT,
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_real_report_is_classed_as_what_it_is(path: Path) -> None:
    expected = KINDS[path.stem.rpartition("-")[2]]
    report = parse_report(path.read_bytes())
    assert report.kind is expected
    if expected is ReportKind.HARD:
        assert report.status.startswith("5.")
        assert report.text
    assert "@" not in report.text.replace("…@…", "")
