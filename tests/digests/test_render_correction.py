"""A correction as mail: what was wrong, then the corrected article."""

from newsletter.digests.budget import BUDGET
from newsletter.digests.models import Treatment
from newsletter.mail.message import Placeholder
from tests.digests.rendering import (
    MARKERS,
    PARAGRAPH,
    WEB_URL,
    Render,
    article,
    html_links,
    render,
    text_links,
    tree,
)

__all__ = ["render"]  # the fixture

NOTE = "The bridge carries ten lorries, not twelve.\n\nWe are sorry for the <slip>."


def test_it_says_what_it_is_and_what_was_wrong_before_the_article(render: Render) -> None:
    mail = render((article(1), Treatment.FULL), note=NOTE)
    assert mail.subject == "Correction: Headline 1"
    page = tree(mail.html)
    said = page.body.text(separator=" ") if page.body else ""
    for part in (said, mail.text):
        assert part.index("ten lorries, not twelve.") < part.index("A plain sentence")
        assert "We are sorry for the <slip>." in part
        assert "An article that you were sent" in said
        assert "sent you this article before it was" in " ".join(part.split())
    assert [heading.text(strip=True) for heading in page.css("h2")] == [
        "What was wrong",
        "Headline 1",
    ]


def test_both_parts_have_the_same_links_and_the_way_out(render: Render) -> None:
    mail = render((article(1), Treatment.FULL), note=NOTE)
    links = html_links(mail.html)
    assert links - {"https://paper.example.org/1/#comments"} == text_links(mail.text)
    for place in (Placeholder.UNSUBSCRIBE_URL, Placeholder.PREFERENCES_URL):
        assert MARKERS.marker(place) in links
    assert WEB_URL in links


def test_a_long_title_keeps_the_subject_in_one_line(render: Render) -> None:
    mail = render((article(1, title="Bridge " * 40), Treatment.FULL), note=NOTE)
    assert mail.subject.startswith("Correction: Bridge")
    assert len(mail.subject) <= 70


def test_a_text_beyond_the_budget_becomes_its_excerpt(render: Render) -> None:
    mail = render((article(1, content_html=PARAGRAPH * 400), Treatment.FULL), note=NOTE)
    assert len(mail.html.encode()) <= BUDGET
    assert mail.treatments == (Treatment.EXCERPT,)
    assert "Excerpt 1." in mail.text
    assert NOTE.partition("\n")[0] in mail.text
