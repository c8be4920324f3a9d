"""Look for known vulnerabilities in the pinned packages (pip-audit, with PyPI's advisories).

Usage: python scripts/audit.py
Ends with 1 if one is known. Where the advisories cannot be read, as on a build machine without a
way out, it says so and ends with 0: what nobody could look up is no fault of a package.
"""

import json
import subprocess
import sys
from typing import Any

PINNED = ("requirements.txt", "requirements-dev.txt")


def main() -> int:
    """Tell what is known of each package; return the exit code."""
    reports = [read_advisories(name) for name in PINNED]
    packages = [one for report in reports if report for one in report["dependencies"]]
    asked = {one["name"] for one in packages if "vulns" in one}
    found = sorted({line for one in packages for line in vulnerabilities(one)})
    unread = {one["name"] for one in packages} - asked
    if not asked:
        print("Not audited: PyPI's advisories cannot be read from here.")
        return 0
    print(*found, sep="\n", end="\n" if found else "")
    print(f"Audited: {len(asked)}. Unknown to PyPI: {len(unread)}. Vulnerabilities: {len(found)}.")
    return 1 if found else 0


def read_advisories(pinned: str) -> dict[str, Any] | None:
    """Return pip-audit's report about one file; None if it could not ask."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", pinned, "--no-deps"]
    options = ["--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    try:
        report: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:
        print(ran.stderr.strip().rpartition("\n")[2], file=sys.stderr)
        return None
    return report


def vulnerabilities(package: dict[str, Any]) -> list[str]:
    """Return a line for each vulnerability that is known of a package."""
    return [
        f"{package['name']} {package['version']}: {one['id']}, mended in "
        f"{', '.join(one['fix_versions']) or 'no version yet'}"
        for one in package.get("vulns", [])
    ]


if __name__ == "__main__":
    sys.exit(main())
