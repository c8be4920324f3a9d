"""The judgement of one page: what axe finds, light and dark, wide and narrow, and its width."""

import os
import re
from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).parents[1] / "vendor/axe-core/4.14.1/axe.min.js").read_text(encoding="utf-8")

#: A frame is judged as a page of its own; waiting for an axe inside it would be in vain.
RUN = """async only => {
  const rules = only.length ? {runOnly: {type: "rule", values: only}} : {};
  const found = await axe.run(document, {iframes: false, resultTypes: ["violations"], ...rules});
  return found.violations.map(rule => rule.id + ": " + rule.nodes[0].html.slice(0, 300)
    + (rule.nodes.length > 1 ? " and " + (rule.nodes.length - 1) + " more" : ""));
}"""

#: What stands wider than the page although nothing scrolls around it. Charts follow the width a
#: moment later, so it counts only what stays.
WIDER = """async () => {
  const root = document.documentElement, wide = root.clientWidth;
  for (let turn = 0; turn < 20 && root.scrollWidth > wide; turn++)
    await new Promise(done => setTimeout(done, 50));
  if (root.scrollWidth <= wide) return [];
  const out = [...document.body.querySelectorAll("*")]
    .filter(each => each.getBoundingClientRect().right > wide + 1)
    .filter(each => !each.closest(".table-responsive"));
  return ["wider than " + wide + ": " + (out.length ? out[0].outerHTML.slice(0, 300) : "?")];
}"""

#: Two parts with one name: a label or a description would speak of the wrong one.
TWICE = """() => {
  const ids = [...document.querySelectorAll("[id]")].map(each => each.id);
  return ids.filter((id, at) => ids.indexOf(id) !== at).map(id => "two parts are called " + id);
}"""

LOOKS = [(1280, "light"), (1280, "dark"), (360, "dark"), (360, "light")]

#: All that another palette can change.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
NARROWEST = 320

#: The script that follows the system's palette is told with the next frame.
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"

#: Where pictures of all that is judged go, if anybody wants to look at them.
PICTURES = os.environ.get("SCREENSHOTS", "")


def judge(page: Page, name: str) -> None:
    """Fail with everything that is wrong with the open page; keep pictures if asked to."""
    found: list[str] = page.evaluate(TWICE)
    page.evaluate(AXE)
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate(PAINTED)
        only = COLOUR_RULES if scheme == "dark" else []
        found += [f"{scheme}, {width} px: {each}" for each in page.evaluate(RUN, only)]
        _keep_picture(page, f"{name}-{width}-{scheme}")
    page.set_viewport_size({"width": NARROWEST, "height": 900})
    found += page.evaluate(WIDER)
    assert found == [], "\n".join(found)


def _keep_picture(page: Page, name: str) -> None:
    if PICTURES:
        file_name = re.sub(r"[^a-z0-9]+", "-", name.casefold()) + ".png"
        page.screenshot(path=Path(PICTURES) / file_name, full_page=True)
