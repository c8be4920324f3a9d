"""Words as frozen, beside the pictures that we serve."""

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Article, ArticlePicture
from newsletter.articles.own_pictures import text_with_own_pictures
from newsletter.digests.frozen import as_frozen
from newsletter.digests.revisions import keep_revision
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, article_picture, reload

LEAD = "https://paper.example.org/lead.jpg"
INSIDE = "https://paper.example.org/inside.jpg"
CONTENT = f'<p>Ten ships.</p><p><img src="{INSIDE}" alt=""></p>'


@pytest.fixture
def article(make: Make) -> Article:
    return make.article(
        publication=make.publication(),
        content_html=CONTENT,
        image_url=LEAD,
        image_caption="Ten of them",
        pictures=[
            article_picture(LEAD, caption="Ten of them"),
            article_picture(INSIDE, place=1),
        ],
    )


def test_an_edited_article_keeps_its_pictures_and_the_caption_of_then(article: Article) -> None:
    with unit_of_work() as session:
        mine = session.get_one(Article, article.id)
        kept = keep_revision(mine, now=NOW)
        mine.content_html = CONTENT.replace("Ten", "Twelve")
        mine.image_caption = mine.pictures[0].caption = "Twelve of them"
    with unit_of_work() as session:
        edited = session.get_one(Article, article.id)
        (frozen,) = as_frozen([edited], {edited.id: session.merge(kept)})
        assert frozen.picture is not None
        assert frozen.picture.caption == "Ten of them"
        text = text_with_own_pictures(frozen)
        assert "Ten ships." in text
        assert 'src="/pictures/' in text
    stored = reload(article)
    assert stored.image_caption == "Twelve of them"
    assert [one.caption for one in stored.pictures] == ["Twelve of them", ""]
    count = sa.select(sa.func.count()).select_from(ArticlePicture)
    assert db.session.scalar(count) == 2
