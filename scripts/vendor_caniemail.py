"""Trim the data of caniemail to the mail programs we build for, and put it beside the preflight.

Usage: npm pack caniemail && tar xzf caniemail-*.tgz && python scripts/vendor_caniemail.py package
"""

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "newsletter" / "digests" / "caniemail"

#: Family and platform as caniemail names them, and what staff call the program.
CLIENTS = {
    ("gmail", "desktop-webmail"): "Gmail",
    ("gmail", "ios"): "Gmail on iOS",
    ("gmail", "android"): "Gmail on Android",
    ("outlook", "windows"): "classic Outlook",
    ("outlook", "outlook-com"): "Outlook.com",
    ("apple-mail", "macos"): "Apple Mail",
    ("apple-mail", "ios"): "Apple Mail on iOS",
    ("yahoo", "desktop-webmail"): "Yahoo",
    ("yahoo", "ios"): "Yahoo on iOS",
    ("yahoo", "android"): "Yahoo on Android",
}
WITHOUT = "n"  # in the last version that caniemail tested


def main(package: Path) -> None:
    """Write the features that some of these programs do without, and the licences."""
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    data = json.loads((package / "data" / "caniemail.json").read_text(encoding="utf-8"))
    features = {
        one["slug"]: {"title": one["title"], "without": without}
        for one in sorted(data["data"], key=lambda one: str(one["slug"]))
        if one["category"] in ("css", "html") and (without := _without(one["stats"]))
    }
    written = {
        "source": f"npm package caniemail {about['version']}, data of caniemail.com",
        "licence": "MIT; see LICENSE beside this file",
        "updated": data["last_update_date"],
        "features": features,
    }
    text = json.dumps(written, ensure_ascii=False, indent=1) + "\n"
    (FOLDER / "caniemail.json").write_text(text, encoding="utf-8")


def _without(stats: dict[str, dict[str, dict[str, str]]]) -> list[str]:
    found = []
    for (family, platform), name in CLIENTS.items():
        versions = stats.get(family, {}).get(platform, {})
        if versions and list(versions.values())[-1].split()[0] == WITHOUT:
            found.append(name)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
