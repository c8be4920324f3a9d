"""The documents lead where they say: files that exist, headings that stand there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("bench/*.md")])

HEADING = re.compile(r"^#{1,6} (.+)$", re.M)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.M | re.S)


def anchor(heading: str) -> str:
    """Return the anchor of a heading as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.casefold()).replace(" ", "-")


def anchors(document: Path) -> list[str]:
    without_listings = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.M | re.S)
    return [anchor(heading) for heading in HEADING.findall(without_listings)]


def leads_somewhere(document: Path, link: str) -> bool:
    path, _, wanted = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not wanted:
        return target.exists()
    return target.suffix == ".md" and target.is_file() and wanted in anchors(target)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: str(one.relative_to(ROOT)))
def test_every_link_within_the_project_leads_somewhere(document: Path) -> None:
    links = LINK.findall(CODE.sub("", document.read_text()))
    within = [one for one in links if "://" not in one and not one.startswith("mailto:")]
    assert [one for one in within if not leads_somewhere(document, one)] == []


def test_the_decisions_begin_with_a_list_of_all_of_them_in_their_order() -> None:
    text = (ROOT / "docs/decisions.md").read_text()
    listed, _, notes = text.partition("\n## ")
    headings = re.findall(r"^#{2,3} (.+)$", "\n## " + notes, re.M)
    assert [one.removeprefix("#") for one in LINK.findall(listed)] == [
        anchor(heading) for heading in headings
    ]
