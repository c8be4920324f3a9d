"""Searching articles: the same words find the same articles in the same order on both databases."""

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.ingest import ingest
from newsletter.articles.models import Article, ArticleState
from newsletter.articles.parse import parse
from newsletter.articles.search import search_articles
from newsletter.articles.search_index import MOST_PLACES, index_missing
from newsletter.articles.search_words import wanted_in, words_in
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.tiny_feeds import item, rss
from tests.factories import NOW, Make


def found(paper: Publication, typed: str, **page: int) -> list[str]:
    hits = search_articles(paper, wanted_in(typed), **({"limit": 20} | page))
    return [article.title for article in hits.articles]


@pytest.mark.parametrize("typed", ["lighthouse", "LIGHTHOUSES", "keeper", "wrote", "light-house"])
def test_title_standfirst_and_text_are_searched(make: Make, paper: Publication, typed: str) -> None:
    make.article(
        publication=paper,
        title="The lighthouse",
        excerpt="Its keeper on the light-house",
        content_html="<p>What he <em>wrote</em> down.</p>",
    )
    make.article(publication=paper, title="Something else")
    assert found(paper, typed) == ["The lighthouse"]


def test_every_word_has_to_occur_but_not_in_one_place(make: Make, paper: Publication) -> None:
    make.article(publication=paper, title="Grain", content_html="<p>A strike.</p>")
    make.article(publication=paper, title="Grain alone")
    assert found(paper, "strike grain") == ["Grain"]


def test_a_phrase_stands_together_and_within_one_part(make: Make, paper: Publication) -> None:
    make.article(publication=paper, title="Together", content_html="<p>The Red Sea route.</p>")
    make.article(publication=paper, title="Apart", content_html="<p>A sea, red at dusk.</p>")
    make.article(publication=paper, title="Shades of red", excerpt="Sea by sea")
    assert found(paper, '"red sea"') == ["Together"]
    assert set(found(paper, "red sea")) == {"Together", "Apart", "Shades of red"}


def test_scripts_without_spaces_are_found_by_a_part_of_a_sentence(
    make: Make, paper: Publication
) -> None:
    make.article(publication=paper, title="東京で平和会議", content_html="<p>会議は三日間。</p>")
    make.article(publication=paper, title="和平", content_html="<p>平 と和</p>")
    assert found(paper, "平和") == ["東京で平和会議"]
    assert found(paper, "三日間") == ["東京で平和会議"]


def test_the_headline_counts_most_then_the_standfirst_then_the_newest(
    make: Make, paper: Publication
) -> None:
    def article(title: str, hours: int, **texts: str) -> None:
        make.article(
            publication=paper, title=title, published_at=NOW - timedelta(hours=hours), **texts
        )

    apart = "<p>The gulf is wide. On the coast they know it.</p>"
    article("In the text, older", 2, content_html=apart)
    article("In the text, newer", 1, content_html=apart)
    article("Next to each other", 9, content_html="<p>Along the gulf coast.</p>")
    article("In the standfirst", 20, excerpt="A coast; a gulf")
    article("Coast of a gulf", 40)
    expected = [
        "Coast of a gulf",
        "In the standfirst",
        "Next to each other",
        "In the text, newer",
        "In the text, older",
    ]
    assert found(paper, "gulf coast") == expected
    assert found(paper, "gulf coast", limit=2, offset=1) == expected[1:3]
    assert search_articles(paper, wanted_in("gulf coast"), limit=1).total == 5


@pytest.mark.parametrize(
    ("state", "public"),
    [
        (ArticleState.OPEN, True),
        (ArticleState.KNOWN, True),
        (ArticleState.HELD, False),
        (ArticleState.DROPPED, False),
    ],
)
def test_held_and_dropped_articles_are_not_found(
    make: Make, paper: Publication, state: ArticleState, public: bool
) -> None:
    article = make.article(publication=paper, title="Embargo", state=ArticleState.OPEN)
    with unit_of_work():
        db.session.get_one(Article, article.id).state = state
    hits = search_articles(paper, wanted_in("embargo"), limit=5)
    assert (len(hits.articles), hits.total) == ((1, 1) if public else (0, 0))


def test_each_publication_is_searched_by_itself(make: Make, paper: Publication) -> None:
    make.article(publication=make.publication(), title="Elsewhere")
    assert found(paper, "elsewhere") == []


@pytest.mark.parametrize(
    "typed",
    [
        "",
        '"',
        "'",
        "\\",
        "a:b",
        "NEAR(a b)",
        "{title}: x",
        "a <-> b",
        "%",
        "* OR *",
        "!a & (b | c)",
    ],
)
def test_no_typed_sign_is_an_operator(make: Make, paper: Publication, typed: str) -> None:
    make.article(publication=paper, title="Nothing of it")
    assert found(paper, typed) == []


def test_what_a_feed_brings_is_found_and_what_it_corrects_no_longer(
    make: Make, paper: Publication
) -> None:
    feed = make.feed(publication=paper)

    def bring(title: str) -> None:
        entries = parse(rss(item(1, title=title))).entries
        with unit_of_work():
            ingest(feed=feed, entries=entries, language="en", now=NOW)

    bring("A mistaken headline")
    assert found(paper, "mistaken") == ["A mistaken headline"]
    bring("A better headline")
    assert found(paper, "mistaken") == []
    assert found(paper, "better") == ["A better headline"]


def test_articles_without_an_index_get_one(make: Make, paper: Publication) -> None:
    for number in range(3):
        make.article(publication=paper, title=f"Number {number} of the backlog")
    with unit_of_work() as session:
        session.execute(sa.text("DELETE FROM article_search"))
    assert found(paper, "backlog") == []
    with unit_of_work():
        assert index_missing(limit=2) == 2
    with unit_of_work():
        assert index_missing(limit=2) == 1
    with unit_of_work():
        assert index_missing(limit=2) == 0
    assert len(found(paper, "backlog")) == 3


def test_a_text_beyond_all_measure_is_stored_and_found_by_its_beginning(
    make: Make, paper: Publication
) -> None:
    distinct = " ".join(f"{number:x}" * 12 for number in range(40_000))
    often = "tide " * (MOST_PLACES + 50)
    make.article(
        publication=paper,
        title="Long",
        content_html=f"<p>ebb {often} last ebb tide last {distinct} 終</p>",
    )
    assert found(paper, "ebb") == ["Long"]
    assert found(paper, '"ebb tide"') == ["Long"]
    assert found(paper, '"last ebb"') == ["Long"]
    assert found(paper, '"tide last"') == []  # beyond the places that are kept
    assert found(paper, "終") == []


def test_what_is_found_is_what_reading_every_text_would_find(
    make: Make, paper: Publication
) -> None:
    chance = random.Random(11)
    words = ["gulf", "Gulfs", "coast", "états", "port", "平", "和", "news", "l’east-west", "1,5"]

    def some(most: int) -> str:
        return " ".join(chance.choices(words, k=chance.randint(0, most)))

    articles = [
        make.article(
            publication=paper,
            title=f"{number} {some(2)}",
            excerpt=some(4),
            content_html=f"<p>{some(9)}</p>",
        )
        for number in range(60)
    ]
    texts = {
        one.title: [
            [word.term for word in words_in(part)]
            for part in (one.title, one.excerpt, one.content_html.removeprefix("<p>")[:-4])
        ]
        for one in articles
    }
    for _ in range(60):
        typed = f'{some(2)} "{some(3)}"'
        wanted = wanted_in(typed)
        expected = {
            title
            for title, parts in texts.items()
            if wanted
            and all(any(stands_in(phrase, part) for part in parts) for phrase in wanted.phrases)
        }
        assert set(found(paper, typed, limit=60)) == expected, typed


def stands_in(phrase: tuple[str, ...], terms: list[str]) -> bool:
    """Say whether terms follow each other somewhere."""
    return any(tuple(terms[place : place + len(phrase)]) == phrase for place in range(len(terms)))
