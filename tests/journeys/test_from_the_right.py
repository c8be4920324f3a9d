"""Pages in a language from the right that lacks words: English ones keep their full stop."""

import pytest
from playwright.sync_api import Browser

from newsletter import PROJECT_DIR

pytestmark = pytest.mark.journey

PAGE = """<!doctype html><html dir="rtl" lang="en"><style>{css}</style><body>
<p id="words">Every Monday at 08:00.</p>
<p id="name" class="sheet-name">The Harbour Paper</p>
<div dir="ltr"><p id="article">An article in English.</p></div>"""


def test_a_paragraph_goes_by_its_own_words_and_stands_where_the_page_begins(
    browser: Browser,
) -> None:
    page = browser.new_page()
    css = (PROJECT_DIR / "static" / "css" / "site.css").read_text()
    page.set_content(PAGE.format(css=css))

    def style(name: str) -> list[str]:
        return page.evaluate(
            "id => { const one = getComputedStyle(document.getElementById(id));"
            " return [one.unicodeBidi, one.textAlign]; }",
            name,
        )

    assert style("words") == ["plaintext", "right"]
    assert style("name") == ["plaintext", "center"]
    assert style("article")[1] == "start"
    page.close()
