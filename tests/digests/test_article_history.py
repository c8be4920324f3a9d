"""What staff read about an article."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.articles.models import Alarm, AlarmKind, Article, ArticleState
from newsletter.digests.article_history import article_history
from newsletter.digests.models import Digest, DigestArticle, DigestKind, DigestState, Treatment
from newsletter.digests.revisions import keep_revision
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(weekly_day=0)


def test_the_story_runs_from_the_finding_to_what_it_waits_for(
    make: Make, paper: Publication
) -> None:
    feed = make.feed(publication=paper, title="The Paper")
    article = make.article(publication=paper, feed_id=feed.id, modified_at=NOW + timedelta(hours=3))
    digest = Digest(
        publication_id=paper.id,
        cadence=Cadence.DAILY,
        slot=NOW,
        slug="2026-03-02-daily",
        state=DigestState.SENT,
        position_from=0,
        position_upto=1,
        created_at=NOW,
        published_at=NOW + timedelta(hours=1),
    )
    digest.articles.append(
        DigestArticle(
            article_id=article.id, place=1, treatment=Treatment.FULL, title="", excerpt=""
        )
    )
    with unit_of_work() as session:
        session.add(digest)
    for cursor in (0, 0, 1):
        make.subscription(publication=paper, cadence=Cadence.WEEKLY, cursor=cursor)
    make.subscription(publication=paper, cadence=Cadence.DAILY, cursor=1)
    make.subscription(publication=paper, cadence=Cadence.INSTANT, cursor=0)
    assert [(line.at, line.sentence) for line in article_history(article=article, now=NOW)] == [
        (NOW, "Found in the feed The Paper; it has position 1."),
        (
            NOW + timedelta(hours=1),
            "In the daily digest of 2 March 2026, which has gone out.",
        ),
        (NOW + timedelta(hours=3), "Changed at its source."),
        (None, "Digests may carry it."),
        (None, "Waits for the instant digest of 1 reader."),
        (datetime(2026, 3, 9, 8, tzinfo=UTC), "Waits for the weekly digest of 2 readers."),
    ]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (ArticleState.HELD, "Held: a name to check."),
        (ArticleState.DROPPED, "Dropped: a name to check."),
    ],
)
def test_the_reason_is_told(
    make: Make, paper: Publication, state: ArticleState, sentence: str
) -> None:
    make.subscription(publication=paper)
    article = make.article(publication=paper, state=state, reason="a name to check")
    last = article_history(article=article, now=NOW)[-1]
    assert (last.at, last.sentence) == (None, sentence)


def test_an_article_from_before_the_connection_says_so(make: Make, paper: Publication) -> None:
    article = make.article(publication=paper, state=ArticleState.KNOWN)
    last = article_history(article=article, now=NOW)[-1]
    assert "when the feed was connected" in last.sentence


def test_what_happened_by_itself_is_told(make: Make, paper: Publication) -> None:
    feed = make.feed(publication=paper)
    with unit_of_work() as session:
        alarm = Alarm(
            publication_id=paper.id,
            feed_id=feed.id,
            kind=AlarmKind.BURST,
            reason="40 new articles at once.",
            raised_at=NOW,
        )
        session.add(alarm)
    flood = make.article(
        publication=paper, state=ArticleState.HELD, alarm_id=alarm.id, reason=alarm.reason
    )
    assert [line.sentence for line in article_history(article=flood, now=NOW)][1:] == [
        "Held by itself: 40 new articles at once.",
        "Held until staff release or drop it.",
    ]
    later = NOW + timedelta(days=2)
    early = make.article(publication=paper, held_until=later, released_at=later)
    told = article_history(article=early, now=later)
    assert [(line.at, line.sentence) for line in told][1:3] == [
        (NOW, "Held until its date."),
        (later, "Released by itself at its date."),
    ]


def test_an_edit_since_the_sending_and_a_correction_are_told(
    make: Make, paper: Publication
) -> None:
    article = make.article(publication=paper, title="Rivers")
    digest = make.digest(publication=paper, articles=[article])
    make.digest(publication=paper, articles=[article], kind=DigestKind.CORRECTION)
    with unit_of_work() as session:
        mine = session.get_one(Article, article.id)
        revision = keep_revision(mine, now=NOW)
        session.get_one(Digest, digest.id).articles[0].revision_id = revision.id
        mine.title = "Streams"
    told = [line.sentence for line in article_history(article=reload(article), now=NOW)]
    assert "Edited since it was sent." in told
    assert "In a correction, which has gone out." in told
