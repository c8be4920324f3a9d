"""Tidy, which follows the HTML specification, accepts the markup but for what mail needs."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.mails.conftest import need
from tests.mails.kinds import Mail

#: What it objects to, and why it stays. One that is met no more fails the test as stale.
EXCEPTIONS = {
    '<td> attribute "align" not allowed for XHTML5': "classic Outlook aligns by nothing else",
    '<table> attribute "align" not allowed for XHTML5': "classic Outlook centres by nothing else",
    '<table> lacks "summary" attribute': "HTML 5 has dropped it; these tables are layout",
    '<html> proprietary attribute "xmlns:v"': "VML of classic Outlook",
    '<html> proprietary attribute "xmlns:o"': "settings of classic Outlook",
    '<div> proprietary attribute "aria-roledescription"': "WAI-ARIA 1.2, younger than Tidy's list",
    '<td> proprietary attribute "vertical-align"': "MJML's button; harmless, and not ours",
}
_TOLD = re.compile(r"^line \d+ column \d+ - (?:Warning|Error|Info): (.*)$", re.MULTILINE)


def objections(html: str, folder: Path) -> list[str]:
    """Return what Tidy says of one mail."""
    program = need(shutil.which("tidy"), "tidy")
    file = folder / "mail.html"
    file.write_text(html, encoding="utf-8")
    command = [program, "-quiet", "-errors", "-utf8", "--drop-empty-elements", "no", str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return _TOLD.findall(ran.stderr)


def test_the_markup_of_every_kind_of_mail_is_sound(mails: dict[str, Mail], tmp_path: Path) -> None:
    found = {name: objections(mail.html, tmp_path) for name, mail in mails.items()}
    left = {name: [one for one in some if one not in EXCEPTIONS] for name, some in found.items()}
    assert {name: some for name, some in left.items() if some} == {}
    met = {one for some in found.values() for one in some}
    assert EXCEPTIONS.keys() - met == set(), "these exceptions are met no more"


def test_tidy_would_find_what_is_broken(tmp_path: Path) -> None:
    broken = "<!DOCTYPE html><html lang=en><head><title>x</title></head><body><p><table></p></div>"
    assert any(one not in EXCEPTIONS for one in objections(broken, tmp_path))
