"""Holding and releasing articles so that nobody gets one twice."""

from newsletter.articles.models import ArticleState
from newsletter.digests.models import Digest, DigestArticle, DigestState, Treatment
from newsletter.digests.withhold import has_gone_out, hold_article, release_article
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload


def put_in_digest(publication: Publication, article_id: int, *, published: bool = True) -> Digest:
    digest = Digest(
        publication_id=publication.id,
        cadence=Cadence.DAILY,
        slot=NOW,
        slug="2026-03-02-daily",
        state=DigestState.SENT if published else DigestState.DRAFT,
        position_from=0,
        position_upto=9,
        created_at=NOW,
        published_at=NOW if published else None,
    )
    carried = DigestArticle(
        article_id=article_id, place=1, treatment=Treatment.FULL, title="", excerpt=""
    )
    digest.articles.append(carried)
    with unit_of_work() as session:
        session.add(digest)
    return digest


def test_an_article_that_has_not_gone_out_comes_back_for_everybody(
    make: Make, paper: Publication
) -> None:
    article = make.article(publication=paper)
    put_in_digest(paper, article.id, published=False)
    with unit_of_work():
        hold_article(article=article, reason="check", now=NOW)
    assert reload(article).position is None
    with unit_of_work():
        release_article(article=article, now=NOW)
    assert (reload(article).state, article.position) == (ArticleState.OPEN, 2)


def test_an_article_that_has_gone_out_comes_back_in_its_old_place(
    make: Make, paper: Publication
) -> None:
    article = make.article(publication=paper)
    put_in_digest(paper, article.id)
    assert has_gone_out(article.id)
    with unit_of_work():
        hold_article(article=article, reason="a correction", now=NOW)
    assert reload(article).state is ArticleState.HELD
    with unit_of_work():
        release_article(article=article, now=NOW)
    assert (reload(article).state, article.position) == (ArticleState.OPEN, 1)
    assert reload(paper).last_position == 1
