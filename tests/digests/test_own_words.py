"""What editors write stands in both parts of the mail, safe, and within its budget."""

from selectolax.lexbor import LexborHTMLParser

from newsletter.digests.budget import BUDGET
from newsletter.digests.edit import MOST_OCTETS
from newsletter.digests.models import BlockLabel, Digest, Treatment
from newsletter.digests.render import RenderedDigest, render_digest
from newsletter.digests.staff_words import html_of, octets_in_mail, text_of
from newsletter.publications.models import Cadence
from tests.digests.rendering import MARKERS, WEB_URL, article, paper
from tests.factories import NOW


def rendered(
    count: int = 2, treatment: Treatment = Treatment.EXCERPT, **words: str
) -> RenderedDigest:
    digest = Digest(cadence=Cadence.WEEKLY, slot=NOW, subject="", **words)
    items = [(article(number), treatment) for number in range(1, count + 1)]
    return render_digest(
        publication=paper(),
        digest=digest,
        items=items,
        language="en",
        markers=MARKERS,
        web_url=WEB_URL,
    )


def test_markdown_becomes_few_elements_and_html_stays_text() -> None:
    html = html_of("**Bold** and [a link](https://example.org/)\n\n# Big\n\n<script>x</script>")
    assert "<strong>Bold</strong>" in html
    assert '<a href="https://example.org/">a link</a>' in html
    assert "<h1" not in html
    assert "# Big" in html
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_link_to_anything_but_the_web_or_mail_is_none() -> None:
    assert "href" not in html_of("[x](javascript:alert(1))")
    assert "<img" not in html_of("![x](https://example.org/x.png)")


def test_plain_text_numbers_the_links() -> None:
    assert (
        text_of("See [this](https://example.org/).") == "See this [1].\n\n[1] https://example.org/"
    )


def test_introduction_preheader_and_block_stand_in_both_parts(app: object) -> None:
    mail = rendered(
        preheader="Two ports and a bridge",
        introduction="A word from the *desk*.",
        block_label=BlockLabel.ADVERTISEMENT,
        block_title="Rope & Sons",
        block_text="Rope of **every** kind.",
        block_link="https://rope.example.org/",
    )
    page = LexborHTMLParser(mail.html)
    assert "Two ports and a bridge" in page.body.text()
    assert "Also in this digest" not in page.body.text()
    assert page.css_first(".intro em").text() == "desk"
    shown = page.css_first(".block")
    assert shown.css_first(".kick").text() == "Advertisement"
    assert shown.css_first("a[rel=sponsored]").attributes["href"] == "https://rope.example.org/"
    assert [node.text() for node in page.css("h2")] == ["Headline 1", "Headline 2", "Rope & Sons"]
    assert mail.text.index("A word from the desk.") < mail.text.index("Headline 1")
    assert (
        "ADVERTISEMENT\nRope & Sons\nhttps://rope.example.org/\n\nRope of every kind." in mail.text
    )


def test_without_words_the_mail_is_as_it_was(app: object) -> None:
    page = LexborHTMLParser(rendered().html)
    assert page.css_first(".intro") is None
    assert page.css_first(".block") is None


def test_the_budget_holds_with_the_longest_words_and_everything_forced_to_full(app: object) -> None:
    introduction = ("- [a](https://e.org)\n" * 1_000)[:5_000]
    while octets_in_mail(introduction) > MOST_OCTETS:
        introduction = introduction[: len(introduction) - 100]
    mail = rendered(60, Treatment.FULL, introduction=introduction)
    assert len(mail.html.encode()) <= BUDGET
    assert "Unsubscribe" in mail.html[-8_000:]
    assert mail.treatments[-1] is not Treatment.FULL


def test_the_bound_of_octets_is_one(app: object) -> None:
    for markdown in ("- a\n" * 500, "> q\n\n" * 300, "[a](https://e.org) " * 200, "Ñ" * 2_000):
        grown = len(rendered(introduction=markdown).html) - len(rendered(introduction="a").html)
        assert grown <= octets_in_mail(markdown), markdown[:20]
