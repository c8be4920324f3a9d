"""Finding articles for pages."""

from datetime import timedelta

import pytest

from newsletter.articles.find import (
    article_by_slug,
    latest_articles,
    list_articles,
    related_articles,
)
from newsletter.articles.models import Article, ArticleState
from newsletter.publications.models import Publication
from tests.factories import NOW, Make


def titles(articles: list[Article]) -> list[str]:
    return [article.title for article in articles]


@pytest.mark.parametrize(
    ("state", "readable"),
    [
        (ArticleState.OPEN, True),
        (ArticleState.KNOWN, True),
        (ArticleState.HELD, False),
        (ArticleState.DROPPED, False),
    ],
)
def test_held_and_dropped_articles_have_no_page(
    make: Make, paper: Publication, state: ArticleState, readable: bool
) -> None:
    make.article(publication=paper, slug="one", state=state)
    assert (article_by_slug("one") is not None) is readable
    assert bool(latest_articles(paper, 5)) is readable
    assert article_by_slug("another") is None


def test_the_latest_are_those_published_last(make: Make, paper: Publication) -> None:
    for hours in (1, 3, 2):
        make.article(publication=paper, title=str(hours), published_at=NOW + timedelta(hours=hours))
    make.article(publication=make.publication(), published_at=NOW + timedelta(hours=9))
    assert titles(latest_articles(paper, 2)) == ["3", "2"]


def test_related_articles_share_topics_and_those_that_share_most_come_first(
    make: Make, paper: Publication
) -> None:
    europe, news, asia = (
        make.topic(publication=paper, name=name) for name in ("Europe", "News", "Asia")
    )
    article = make.article(publication=paper, topics=[europe, news])
    make.article(publication=paper, title="both", topics=[news, europe])
    for hours, title in ((1, "older"), (2, "newer")):
        make.article(
            publication=paper,
            title=title,
            topics=[news],
            published_at=NOW + timedelta(hours=hours),
        )
    make.article(publication=paper, title="held", topics=[news], state=ArticleState.HELD)
    make.article(publication=paper, title="of Asia", topics=[asia])
    assert titles(related_articles(article)) == ["both", "older", "newer"]
    assert titles(related_articles(article, limit=1)) == ["both"]


def test_of_equally_related_articles_the_nearest_in_time_come_first(
    make: Make, paper: Publication
) -> None:
    news = make.topic(publication=paper, name="News")
    article = make.article(publication=paper, topics=[news])
    for days in (-9, -2, 1, 3, 30):
        make.article(
            publication=paper,
            title=str(days),
            topics=[news],
            published_at=NOW + timedelta(days=days),
        )
    assert titles(related_articles(article, limit=4)) == ["1", "-2", "3", "-9"]


def test_an_article_without_topics_has_no_related_ones(make: Make, paper: Publication) -> None:
    article = make.article(publication=paper)
    make.article(publication=paper)
    assert related_articles(article) == []


def test_staff_leaf_through_all_articles(make: Make, paper: Publication) -> None:
    for number in range(5):
        make.article(publication=paper, title=str(number), state=list(ArticleState)[number % 4])
    first = list_articles(publication=paper, limit=2)
    second = list_articles(publication=paper, limit=2, before=first.before)
    third = list_articles(publication=paper, limit=2, before=second.before)
    assert [titles(page.articles) for page in (first, second, third)] == [
        ["4", "3"],
        ["2", "1"],
        ["0"],
    ]
    assert third.before is None


def test_staff_filter_articles(make: Make, paper: Publication) -> None:
    europe = make.topic(publication=paper, name="Europe")
    make.article(publication=paper, title="Sea lanes", author="R. Amadi", topics=[europe])
    make.article(publication=paper, title="100% tariffs", state=ArticleState.HELD)
    make.article(publication=make.publication(), title="Sea lanes")

    def found(**filters: object) -> list[str]:
        return titles(list_articles(publication=paper, **filters).articles)  # type: ignore[arg-type]

    assert found(state=ArticleState.HELD) == ["100% tariffs"]
    assert found(search=" sea ") == ["Sea lanes"]
    assert found(search="amadi") == ["Sea lanes"]
    assert found(search="%") == ["100% tariffs"]
    assert found(search="_") == []
    assert found(topic="europe") == ["Sea lanes"]
    assert found(topic="europe", state=ArticleState.HELD) == []
