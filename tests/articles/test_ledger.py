"""The ledger: hold, release, drop, and the order in which digests see articles."""

import pytest
import sqlalchemy as sa

from newsletter.articles.ledger import WrongState, drop, hold, release
from newsletter.articles.models import Article, ArticleState
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload


def open_titles(publication: Publication) -> list[str]:
    here = sa.select(Article.title).where(Article.publication_id == publication.id)
    titles = here.where(Article.state == ArticleState.OPEN).order_by(Article.position)
    return list(db.session.scalars(titles))


def test_a_held_article_waits_without_a_position_and_comes_back_at_the_end(
    make: Make, paper: Publication
) -> None:
    article = make.article(publication=paper, title="held")
    make.article(publication=paper, title="other")
    with unit_of_work():
        hold(article, "a name to check", NOW)
    article = reload(article)
    assert (article.state, article.position, article.reason) == (
        ArticleState.HELD,
        None,
        "a name to check",
    )
    assert open_titles(paper) == ["other"]
    with unit_of_work():
        release(article, NOW)
    article = reload(article)
    assert (article.state, article.position, article.reason) == (ArticleState.OPEN, 3, "")
    assert open_titles(paper) == ["other", "held"]
    assert reload(paper).last_position == 3


def test_an_article_that_kept_its_place_takes_it_again(make: Make, paper: Publication) -> None:
    article = make.article(publication=paper)
    make.article(publication=paper)
    with unit_of_work():
        hold(article, "", NOW, keep_position=True)
    with unit_of_work():
        release(article, NOW, keep_position=True)
    assert reload(article).position == 1


@pytest.mark.parametrize("state", [ArticleState.KNOWN, ArticleState.DROPPED])
def test_a_known_or_dropped_article_can_be_released(
    make: Make, paper: Publication, state: ArticleState
) -> None:
    article = make.article(publication=paper, state=state)
    with unit_of_work():
        release(article, NOW)
    assert (reload(article).state, article.position) == (ArticleState.OPEN, 2)


def test_a_dropped_article_is_carried_by_none(make: Make, paper: Publication) -> None:
    article = make.article(publication=paper)
    with unit_of_work():
        drop(article, "retracted", NOW)
    assert (reload(article).state, article.reason) == (ArticleState.DROPPED, "retracted")
    assert open_titles(paper) == []


def test_what_the_state_does_not_allow_is_refused(make: Make, paper: Publication) -> None:
    article = make.article(publication=paper, state=ArticleState.KNOWN)
    with pytest.raises(WrongState, match="known and cannot become held"), unit_of_work():
        hold(article, "", NOW)
    with pytest.raises(WrongState, match="cannot become dropped"), unit_of_work():
        drop(article, "", NOW)
    open_one = make.article(publication=paper)
    with pytest.raises(WrongState, match="open and cannot become open"), unit_of_work():
        release(open_one, NOW)
    assert reload(paper).last_position == 2


def test_a_click_on_an_outdated_page_is_refused(make: Make, paper: Publication) -> None:
    article = make.article(publication=paper)
    with pytest.raises(WrongState), unit_of_work() as session:
        stale = session.get_one(Article, article.id)
        session.connection().execute(
            Article.__table__.update().values(state=ArticleState.HELD, position=None)
        )
        assert stale.state is ArticleState.OPEN
        hold(stale, "", NOW)
