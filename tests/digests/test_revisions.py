"""The words as mailed are kept, and an edit since is seen."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.digests.models import Digest, DigestKind, DigestState, Revision
from newsletter.digests.publish import freeze
from newsletter.digests.revisions import edit_of, keep_revision
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload


@pytest.fixture
def article(make: Make, paper: Publication) -> Article:
    make.subscription(publication=paper, cadence=Cadence.DAILY)
    make.subscription(publication=paper, cadence=Cadence.WEEKLY)
    return make.article(publication=paper, title="Rivers", content_html="<p>Ten ports.</p>")


def mail(paper: Publication, cadence: Cadence, *, hours: int = 0) -> Digest:
    """Freeze a digest of what there is."""
    now = NOW + timedelta(hours=hours)
    with unit_of_work():
        digest = draft_by_hand(publication_id=paper.id, cadence=cadence, now=now)
        send_now(digest=digest)
        assert freeze(digest_id=digest.id, now=now) is DigestState.SENDING
    return digest


def edit(article: Article, **words: str) -> Article:
    with unit_of_work() as session:
        mine = session.get_one(Article, article.id)
        for name, text in words.items():
            setattr(mine, name, text)
    return mine


def test_digests_with_the_same_words_share_one_revision(
    paper: Publication, article: Article
) -> None:
    daily, weekly = mail(paper, Cadence.DAILY), mail(paper, Cadence.WEEKLY, hours=1)
    (revision,) = db.session.scalars(sa.select(Revision))
    assert (revision.title, revision.content_html) == ("Rivers", "<p>Ten ports.</p>")
    assert {one.articles[0].revision_id for one in (daily, weekly)} == {revision.id}


def test_an_edit_after_the_mailing_is_seen_and_the_words_as_mailed_stay(
    paper: Publication, article: Article
) -> None:
    mail(paper, Cadence.DAILY)
    assert edit_of(reload(article)) is None
    found = edit_of(edit(article, content_html="<p>Twelve ports.</p>"))
    assert found is not None
    assert found.mailed.content_html == "<p>Ten ports.</p>"
    assert found.mailed_at == NOW


def test_an_edit_before_it_is_none(paper: Publication, article: Article) -> None:
    edit(article, content_html="<p>Twelve ports.</p>")
    digest = mail(paper, Cadence.DAILY)
    assert edit_of(reload(article)) is None
    assert digest.articles[0].revision is not None
    assert digest.articles[0].revision.content_html == "<p>Twelve ports.</p>"


@pytest.mark.parametrize(
    "words",
    [
        {"content_html": '<p class="first">Ten <b>ports</b>.</p>'},
        {"image_url": "https://paper.example.org/another-size.jpg"},
        {"link": "https://paper.example.org/moved/"},
    ],
)
def test_markup_pictures_and_addresses_are_no_edit(
    paper: Publication, article: Article, words: dict[str, str]
) -> None:
    mail(paper, Cadence.DAILY)
    assert edit_of(edit(article, **words)) is None


def test_an_edit_that_was_taken_back_is_none(paper: Publication, article: Article) -> None:
    mail(paper, Cadence.DAILY)
    edit(article, title="Streams")
    assert edit_of(edit(article, title="Rivers")) is None


def test_readers_of_an_earlier_digest_have_other_words_than_those_of_a_later(
    paper: Publication, article: Article
) -> None:
    mail(paper, Cadence.DAILY)
    edit(article, title="Streams")
    mail(paper, Cadence.WEEKLY, hours=2)
    found = edit_of(reload(article))
    assert found is not None
    assert (found.mailed.title, found.mailed_at) == ("Rivers", NOW)


def test_a_correction_with_the_present_words_settles_it(
    make: Make, paper: Publication, article: Article
) -> None:
    mailed = mail(paper, Cadence.DAILY)
    with unit_of_work() as session:
        session.get_one(Digest, mailed.id).finished_at = NOW
    edited = edit(article, title="Streams")
    correction = make.digest(
        publication=paper,
        articles=[edited],
        kind=DigestKind.CORRECTION,
        published_at=NOW + timedelta(hours=3),
    )
    with unit_of_work() as session:
        revision = keep_revision(session.get_one(Article, article.id), now=NOW)
        session.get_one(Digest, correction.id).articles[0].revision_id = revision.id
    assert edit_of(reload(article)) is None
    assert edit_of(edit(article, title="Brooks")) is not None


def test_what_was_mailed_before_revisions_were_kept_tells_nothing(
    make: Make, paper: Publication, article: Article
) -> None:
    make.digest(publication=paper, articles=[article])
    assert edit_of(edit(article, title="Streams")) is None
