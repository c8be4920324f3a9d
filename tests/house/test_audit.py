"""scripts/audit.py: known vulnerabilities fail a build, advisories out of reach do not."""

from typing import Any

import pytest

from scripts import audit

SAFE = {"name": "safe", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI"}
BAD = {
    "name": "bad",
    "version": "2.0",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["2.1"], "aliases": [], "description": ""}],
}


def report(monkeypatch: pytest.MonkeyPatch, *packages: dict[str, Any]) -> None:
    """Let pip-audit say this of the first file, and fail at the second."""
    said = {audit.PINNED[0]: {"dependencies": list(packages)}}
    monkeypatch.setattr(audit, "read_advisories", said.get)


def test_a_known_vulnerability_is_named_with_the_version_that_mends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report(monkeypatch, SAFE, BAD, UNKNOWN)
    assert audit.main() == 1
    assert capsys.readouterr().out == (
        "bad 2.0: PYSEC-2026-1, mended in 2.1\n"
        "Audited: 2. Unknown to PyPI: 1. Vulnerabilities: 1.\n"
    )


def test_without_any_the_build_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report(monkeypatch, SAFE)
    assert audit.main() == 0
    assert capsys.readouterr().out == "Audited: 1. Unknown to PyPI: 0. Vulnerabilities: 0.\n"


def test_what_could_not_be_asked_is_not_called_safe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report(monkeypatch, UNKNOWN)
    assert audit.main() == 0
    assert capsys.readouterr().out.startswith("Not audited")
