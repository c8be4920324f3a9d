"""Icons, put into the page itself so that they take the colour of the words beside them."""

from functools import cache
from pathlib import Path

from markupsafe import Markup

FOLDER = Path(__file__).resolve().parents[3] / "static" / "vendor" / "tabler-icons"


@cache
def icon(name: str) -> Markup:
    """Return the icon as SVG that screen readers pass over."""
    svg = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    quiet = svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
    return Markup(" ".join(quiet.split()))  # noqa: S704 - our own vendored file
