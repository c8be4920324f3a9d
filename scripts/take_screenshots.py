"""This will take pictures of every page, wide and narrow, light and dark, for people to look at.

    .venv/bin/python scripts/take_screenshots.py FOLDER

The pages are those that tests/journeys/test_pages.py and test_pages_answered.py judge, of a service
started for it with the sample publication. Pictures are kept whatever the judgement is; the exit
code tells it.
"""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PAGES = ("tests/journeys/test_pages.py", "tests/journeys/test_pages_answered.py")


def main(arguments: list[str]) -> int:
    """Run the tests of the pages, which keep a picture of each that they judge."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__)
        return 2
    folder = Path(arguments[0]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    code = subprocess.run(
        [sys.executable, "-m", "pytest", *PAGES, "-q", "-p", "no:cacheprovider"],
        cwd=PROJECT,
        env={**os.environ, "SCREENSHOTS": str(folder)},
        check=False,
    ).returncode
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
