"""Where articles stand: in digests, or waited for."""

from newsletter.articles.models import Article, ArticleState
from newsletter.digests.models import DigestState
from newsletter.digests.whereabouts import Whereabouts, whereabouts
from newsletter.publications.models import Cadence, Publication
from tests.factories import NOW, Make, reload


def _of(paper: Publication, *articles: Article) -> dict[int, Whereabouts]:
    upto = reload(paper).last_position
    return whereabouts(articles, publication_id=paper.id, upto=upto, now=NOW)


def test_an_article_names_the_published_digests_that_carry_it(make: Make) -> None:
    paper = make.publication()
    carried, other = make.article(publication=paper), make.article(publication=paper)
    sent = make.digest(publication=paper, articles=[carried])
    make.digest(publication=paper, articles=[carried], state=DigestState.DRAFT, published_at=None)
    found = _of(paper, carried, other)
    assert [digest.id for digest in found[carried.id].digests] == [sent.id]
    assert found[other.id].digests == []


def test_an_article_waits_for_cadences_with_readers_behind_it(make: Make) -> None:
    paper = make.publication()
    first, second = make.article(publication=paper), make.article(publication=paper)
    make.subscription(publication=paper, cadence=Cadence.DAILY, cursor=1)
    make.subscription(publication=paper, cadence=Cadence.WEEKLY, cursor=0)
    make.subscription(publication=paper, cadence=Cadence.MONTHLY, cursor=2)
    found = _of(paper, first, second)
    assert found[first.id].waits_for == [Cadence.WEEKLY]
    assert found[second.id].waits_for == [Cadence.DAILY, Cadence.WEEKLY]


def test_only_open_articles_wait(make: Make) -> None:
    paper = make.publication()
    make.subscription(publication=paper)
    closed = [
        make.article(publication=paper, state=state)
        for state in (ArticleState.KNOWN, ArticleState.HELD, ArticleState.DROPPED)
    ]
    assert all(not place.waits_for for place in _of(paper, *closed).values())
