"""What a reader sees first of each kind of mail, and in which order."""

from selectolax.lexbor import LexborHTMLParser

from tests.mails.kinds import Mail

#: Kinds that carry articles; each other says one thing under one headline.
OF_ARTICLES = {
    "digest",
    "digest_that_tells_opens",
    "digest_of_forty_long_articles",
    "digest_in_words_of_editors",
    "single_article",
    "correction",
    "proof",
    "welcome",
}


def test_every_letter_stands_under_its_subject_and_ends_in_one_button(
    mails: dict[str, Mail],
) -> None:
    letters = {name: mail for name, mail in mails.items() if name not in OF_ARTICLES}
    assert len(letters) > 10
    for name, mail in letters.items():
        page = LexborHTMLParser(mail.html)
        subject = " ".join(str(mail.message["Subject"]).split())
        assert [node.text() for node in page.css("h2")] == [subject], name
        assert len(page.css(".button a")) == 1, name


def test_the_welcome_shows_what_a_digest_is_like(mails: dict[str, Mail]) -> None:
    page = LexborHTMLParser(mails["welcome"].html)
    assert len(page.css(".story h2")) == 3
    assert "The latest digest" in page.css_first(".kick").text()


def test_a_picture_stands_beside_the_headline_and_the_facts_below_the_standfirst(
    mails: dict[str, Mail],
) -> None:
    page = LexborHTMLParser(mails["digest"].html)
    tables = [node.parent.parent.parent for node in page.css("td.thumb")]
    assert len(tables) == 4
    for table in tables:
        assert table.css_first("h2") is not None
        assert table.css_first(".stand, .facts, .on") is None
    for place in page.css(".under"):
        assert place.parent.css_first(".stand") is not None
        before = place.prev
        while before is not None and before.tag == "-text":
            before = before.prev
        assert "stand" in (before.attributes["class"] or "")


def test_what_is_held_is_told_as_a_list(mails: dict[str, Mail]) -> None:
    page = LexborHTMLParser(mails["held_digest"].html)
    assert [node.text() for node in page.css(".letter li")] == [
        f"Page {number} is gone." for number in range(10)
    ]
    assert "(weekly digest)" in " ".join(mails["held_digest"].text.split())
