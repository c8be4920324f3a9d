"""Articles by topic."""

from datetime import timedelta

from newsletter.articles.by_topic import articles_of, counted_topics, public_topic
from newsletter.articles.models import ArticleState
from newsletter.publications.models import Publication
from tests.factories import NOW, Make


def test_topics_are_counted_by_what_the_public_may_read(make: Make, paper: Publication) -> None:
    trade, arts = (make.topic(publication=paper, name=name) for name in ("trade", "Arts"))
    held = make.topic(publication=paper, name="Held", offered=False)
    make.article(publication=paper, topics=[trade, arts])
    newest = make.article(
        publication=paper, topics=[trade], published_at=NOW + timedelta(days=1)
    ).published_at
    make.article(publication=paper, topics=[trade, held], state=ArticleState.HELD)
    make.article(publication=make.publication())
    counts = counted_topics(paper)
    assert [(one.topic.name, one.articles) for one in counts] == [("Arts", 1), ("trade", 2)]
    assert counts[1].newest == newest


def test_a_topic_of_unpublished_articles_alone_is_not_public_unless_offered(
    make: Make, paper: Publication
) -> None:
    secret = make.topic(publication=paper, name="secret", offered=False)
    make.article(publication=paper, topics=[secret], state=ArticleState.HELD)
    make.topic(publication=paper, name="empty", offered=True)
    assert public_topic(paper, "secret") is None
    assert public_topic(paper, "empty") is not None
    assert public_topic(paper, "none") is None
    assert public_topic(make.publication(), "empty") is None
    make.article(publication=paper, topics=[secret])
    assert public_topic(paper, "secret") is not None


def test_a_topic_lists_its_readable_articles_the_newest_first(
    make: Make, paper: Publication
) -> None:
    trade = make.topic(publication=paper, name="Trade")
    for hours in (1, 3, 2):
        make.article(
            publication=paper,
            topics=[trade],
            title=str(hours),
            published_at=NOW + timedelta(hours=hours),
        )
    make.article(publication=paper, topics=[trade], state=ArticleState.DROPPED)
    make.article(publication=paper)
    assert [one.title for one in articles_of(trade, limit=5)] == ["3", "2", "1"]
    assert [one.title for one in articles_of(trade, limit=1, offset=1)] == ["2"]
