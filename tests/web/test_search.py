"""Searching the archive by its page."""

import re

import pytest
from flask.testing import FlaskClient

from newsletter.articles.models import ArticleState
from newsletter.web.search import LONGEST_QUESTION, PAGE_LENGTH
from tests.factories import Make


def test_hits_are_shown_with_their_words_marked_and_everything_escaped(
    client: FlaskClient, make: Make
) -> None:
    article = make.article(
        publication=make.publication(),
        title="Ports & <harbours>",
        excerpt='A "port" <script>alert(1)</script>',
    )
    page = client.get("/search?q=port+harbour").text
    assert "1 article</p>" in page
    assert f'href="/articles/{article.slug}"' in page
    assert "<mark>Ports</mark> &amp; &lt;<mark>harbours</mark>&gt;" in page
    assert "<script>alert" not in page


def test_what_was_typed_stands_in_the_field_again(client: FlaskClient, make: Make) -> None:
    make.publication()
    page = client.get("/search", query_string={"q": '"sea lanes" <b>'}).text
    assert 'value="&#34;sea lanes&#34; &lt;b&gt;"' in page
    assert "No article holds all of this" in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [("", "Every word has to occur"), ("?q=+", "Every word has to occur"), ("?q=!!", "no word")],
)
def test_a_question_without_words_says_what_to_do(
    client: FlaskClient, make: Make, query: str, sentence: str
) -> None:
    make.publication()
    answer = client.get(f"/search{query}")
    assert answer.status_code == 200
    assert sentence in answer.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"q": "x" * LONGEST_QUESTION}, 200),
        ({"q": "x" * (LONGEST_QUESTION + 1)}, 400),
        ({"q": "y " * 5000}, 400),
        ({"q": "nul\0"}, 400),
        ({"q": ["one", "two"]}, 400),
        ({"q": "a", "page": "0"}, 400),
        ({"q": "'\";:--/*%_\\&|!()<->*"}, 200),
        ({"q": 'NEAR("a" OR {title}: b*) ^c'}, 200),
        ({"q": "\u202e\ufeff\U0001f6a2 é\u0301\u0301\u0301"}, 200),
    ],
)
def test_bad_input_is_harmless(
    client: FlaskClient, make: Make, query: dict[str, object], status: int
) -> None:
    make.article(publication=make.publication())
    assert client.get("/search", query_string=query).status_code == status


def test_many_hits_have_pages(client: FlaskClient, make: Make) -> None:
    publication = make.publication()
    for number in range(PAGE_LENGTH + 1):
        make.article(publication=publication, title=f"Tide number {number}.")
    first, second = client.get("/search?q=tide").text, client.get("/search?q=tide&page=2").text
    assert f"{PAGE_LENGTH + 1} articles</p>" in first
    assert first.count("<article") == PAGE_LENGTH
    assert '<a rel="next" href="/search?q=tide&amp;page=2">' in first
    assert '<link rel="next" href="/search?q=tide&amp;page=2">' in first
    assert second.count("<article") == 1
    assert '<a rel="prev" href="/search?q=tide">' in second
    assert "no more of them" in client.get("/search?q=tide&page=3").text


def test_a_search_stays_within_its_publication(client: FlaskClient, make: Make) -> None:
    make.publication()
    second = make.publication()
    make.article(publication=second, title="Of the second")
    assert "No article" in client.get("/search?q=second").text
    page = client.get(f"/search?q=second&publication={second.slug}").text
    assert "1 article</p>" in page
    assert f'<input type="hidden" name="publication" value="{second.slug}">' in page
    assert client.get("/search?q=a&publication=none").status_code == 404


@pytest.mark.parametrize("state", [ArticleState.HELD, ArticleState.DROPPED])
def test_what_is_not_public_is_not_found(
    client: FlaskClient, make: Make, state: ArticleState
) -> None:
    make.article(publication=make.publication(), title="Embargo", state=state)
    page = client.get("/search?q=embargo").text
    assert "No article holds all of this" in page
    assert page.count("mbargo") == page.count('value="embargo"') + len(
        re.findall("<title>embargo", page)
    )


def test_results_stay_out_of_search_engines(client: FlaskClient, make: Make) -> None:
    make.publication()
    assert '<meta name="robots" content="noindex, follow">' in client.get("/search?q=a").text


def test_one_network_may_ask_only_so_often(client: FlaskClient, make: Make) -> None:
    make.publication()
    far = {"REMOTE_ADDR": "203.0.113.9"}
    statuses = [client.get("/search?q=a", environ_base=far).status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    assert client.get("/search", environ_base=far).status_code == 200
    assert (
        client.get("/search?q=a", environ_base={"REMOTE_ADDR": "198.51.100.1"}).status_code == 200
    )
