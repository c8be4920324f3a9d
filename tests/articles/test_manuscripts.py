"""Articles that staff write: drafts, ledger, edits, and the same piece in a feed."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.manuscript_models import Manuscript
from newsletter.articles.manuscripts import (
    AlreadyPublished,
    ManuscriptMoved,
    add_picture,
    discard_manuscript,
    list_manuscripts,
    manuscript_of,
    save_manuscript,
    start_manuscript,
)
from newsletter.articles.models import Article, ArticleState, Picture, PictureState
from newsletter.articles.own_pictures import text_with_own_pictures
from newsletter.articles.picture_folder import path_of
from newsletter.articles.picture_making import make_picture
from newsletter.articles.publish_manuscript import publish_manuscript
from newsletter.articles.search import search_articles
from newsletter.articles.search_words import wanted_in
from newsletter.articles.written import UnusableText, Written, written_of
from newsletter.config import settings
from newsletter.digests.withhold import hold_article
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.bitmaps import jpeg
from tests.articles.conftest import LocalServer
from tests.articles.polling import connect, ledger, poll
from tests.articles.tiny_feeds import DAY_ONE, item, rss
from tests.factories import NOW, Make, reload
from tests.listener import Listener

LONG = "The river rose by a metre overnight, and the ferries stayed in port. " * 6
WRITTEN = Written(
    title="Rivers rise",
    standfirst="A night at the quay.",
    author="Noor Valestri",
    topics=("Europe", "Ports"),
    body=LONG,
)


def draft(paper: Publication, written: Written = WRITTEN) -> Manuscript:
    with unit_of_work():
        manuscript = start_manuscript(publication=paper, now=NOW)
        save_manuscript(manuscript=manuscript, written=written, version=1, now=NOW)
    return manuscript


def publish(manuscript: Manuscript, *, hours: int = 0) -> Article:
    with unit_of_work():
        return publish_manuscript(manuscript=manuscript, now=NOW + timedelta(hours=hours))


def rewrite(manuscript: Manuscript, **fields: str) -> None:
    written = Written(**{**_fields(written_of(manuscript)), **fields})
    with unit_of_work():
        version = manuscript.version
        save_manuscript(manuscript=manuscript, written=written, version=version, now=NOW)


def _fields(written: Written) -> dict[str, object]:
    return {name: getattr(written, name) for name in Written.__slots__}


def test_a_button_that_is_pressed_twice_publishes_one_article(paper: Publication) -> None:
    publish(draft(paper))
    with pytest.raises(UnusableText, match="a moment ago"):
        publish(draft(paper))
    assert db.session.scalar(sa.select(sa.func.count(Article.id))) == 1
    publish(draft(paper), hours=1)


def test_a_draft_is_no_article(paper: Publication) -> None:
    manuscript = draft(paper)
    assert ledger(paper) == []
    assert written_of(reload(manuscript)) == WRITTEN
    assert not manuscript.is_published


def test_a_published_one_enters_the_ledger_like_a_feeds(
    paper: Publication, make: Make, queue: Listener
) -> None:
    make.article(publication=paper, title="Before")
    article = reload(publish(draft(paper)))
    assert ledger(paper)[1:] == [(2, "open", "Rivers rise")]
    assert reload(paper).last_position == 2
    assert (article.feed_id, article.link, article.slug) == (None, "", "rivers-rise")
    assert (article.excerpt, article.author) == ("A night at the quay.", "Noor Valestri")
    assert [topic.name for topic in article.topics] == ["Europe", "Ports"]
    assert article.published_at == NOW
    assert (Job.START_DUE_DIGESTS, {}) in queue.jobs
    assert search_articles(reload(paper), wanted_in("ferries"), limit=5).total == 1


def test_what_lacks_headline_or_text_is_not_published(paper: Publication) -> None:
    manuscript = draft(paper, Written(body="Only a text."))
    with pytest.raises(UnusableText), unit_of_work():
        publish_manuscript(manuscript=manuscript, now=NOW)
    assert ledger(paper) == []
    assert reload(paper).last_position == 0


def test_an_edit_keeps_place_and_address_and_is_seen_only_when_published(
    paper: Publication,
) -> None:
    manuscript = draft(paper)
    article = publish(manuscript)
    rewrite(manuscript, title="Rivers fall", body=LONG + " They fell again.")
    assert reload(article).title == "Rivers rise"
    assert manuscript.has_unpublished_changes
    publish(manuscript, hours=2)
    article = reload(article)
    assert ledger(paper) == [(1, "open", "Rivers fall")]
    assert (article.slug, article.published_at) == ("rivers-rise", NOW)
    assert article.modified_at == NOW + timedelta(hours=2)
    assert not reload(manuscript).has_unpublished_changes


def test_publishing_again_unchanged_modifies_nothing(paper: Publication) -> None:
    manuscript = draft(paper)
    publish(manuscript)
    assert reload(publish(manuscript, hours=1)).modified_at is None


def test_who_saves_an_older_version_is_told_and_overwrites_nothing(paper: Publication) -> None:
    manuscript = draft(paper)
    opened = manuscript.version
    rewrite(manuscript, title="Mine")
    db.session.rollback()
    with pytest.raises(ManuscriptMoved), unit_of_work():
        save_manuscript(manuscript=manuscript, written=WRITTEN, version=opened, now=NOW)
    assert reload(manuscript).title == "Mine"


def test_only_a_draft_is_discarded(paper: Publication) -> None:
    manuscript, other = draft(paper), draft(paper)
    publish(manuscript)
    with pytest.raises(AlreadyPublished), unit_of_work():
        discard_manuscript(manuscript=manuscript)
    with unit_of_work():
        discard_manuscript(manuscript=other)
    assert list(list_manuscripts(paper, limit=5)) == [manuscript]


def test_an_uploaded_picture_is_ours_like_a_fetched_one(paper: Publication) -> None:
    manuscript = draft(paper)
    with unit_of_work():
        row = add_picture(
            manuscript=manuscript,
            made=make_picture(jpeg(2000, 1000)),
            alt="A quay",
            caption="At dawn.",
            credit="Rui Example",
            now=NOW,
        )
        name = row.picture.file
    rewrite(manuscript, body=f"{LONG}\n\n![](picture:1)")
    article = reload(publish(manuscript))
    picture = db.session.scalars(sa.select(Picture)).one()
    assert (picture.state, picture.width) == (PictureState.STORED, 1200)
    assert path_of(name, folder=settings.picture_folder).is_file()
    assert article.picture is not None
    assert article.picture.credit == "Rui Example"
    assert f'src="/pictures/{name}"' in text_with_own_pictures(article)


def test_the_same_file_twice_is_one_picture(paper: Publication) -> None:
    manuscript, made = draft(paper), make_picture(jpeg())
    for caption in ("First", ""):
        with unit_of_work():
            add_picture(
                manuscript=manuscript, made=made, alt="", caption=caption, credit="", now=NOW
            )
    assert [one.caption for one in reload(manuscript).pictures] == ["First"]


@pytest.mark.parametrize("later", ["same", "renamed here"])
def test_a_piece_that_the_site_brings_too_is_one_article_and_keeps_its_words(
    server: LocalServer, paper: Publication, later: str
) -> None:
    feed = connect(paper, server.says("/feed", rss()))
    manuscript = draft(paper)
    with unit_of_work():
        article = publish_manuscript(manuscript=manuscript, now=DAY_ONE + timedelta(hours=3))
    server.says("/feed", rss(item(1, title="Rivers rise", text="As the site has it.")))
    result = poll(feed)
    assert result.new == 0
    assert "that staff wrote here" in result.warnings[0]
    if later == "renamed here":
        rewrite(manuscript, title="Rivers rise no more")
        publish(manuscript)
        server.says("/feed", rss(item(1, title="Rivers rise", text="Edited there.")))
    again = poll(feed)
    assert (again.new, again.changed, again.warnings) == (0, 0, ())
    assert len(ledger(paper)) == 1
    assert "metre overnight" in reload(article).content_html
    assert reload(article).feed_id is None


def test_a_column_of_the_same_title_another_day_is_another_article(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss()))
    manuscript = draft(paper)
    with unit_of_work():
        publish_manuscript(manuscript=manuscript, now=DAY_ONE - timedelta(days=7))
    server.says("/feed", rss(item(1, title="Rivers rise", text="This week.")))
    assert poll(feed).new == 1


def test_a_feed_that_links_to_our_page_brings_nothing_new(
    server: LocalServer, paper: Publication
) -> None:
    feed = connect(paper, server.says("/feed", rss()))
    article = publish(draft(paper))
    link = f"{settings.base_url}/articles/{article.slug}"
    server.says("/feed", rss(item(1, title="On our newsletter", link=link)))
    assert poll(feed).new == 0


def test_a_held_one_stays_held_when_it_is_edited(paper: Publication) -> None:
    manuscript = draft(paper)
    article = publish(manuscript)
    with unit_of_work():
        hold_article(article=article, reason="", now=NOW)
    rewrite(manuscript, title="Other")
    publish(manuscript)
    assert (reload(article).state, reload(article).position) == (ArticleState.HELD, None)
    assert manuscript_of(article) is not None
