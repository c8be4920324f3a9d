"""The ledger of articles, the page of one, and what staff do with it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Alarm, AlarmKind, ArticleState, PictureState
from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.staff.models import AuditEvent, StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, article_picture, reload
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import buttons, sending, words

Room = Callable[..., Browser]


def test_the_ledger_says_where_each_article_stands(
    paper: Publication, make: Make, editor: Browser
) -> None:
    make.article(publication=paper, title="Old", state=ArticleState.KNOWN)
    make.article(publication=paper, title="Waits", state=ArticleState.HELD, reason="no picture")
    make.article(publication=paper, title="Rivers")
    make.subscription(publication=paper)
    digest = sending(paper)
    make.article(publication=paper, title="Bridges")
    page = editor.get("/admin/articles").text
    assert "never mailed" in page
    assert "no picture" in page
    assert f'in <a href="/admin/digests/{digest.id}">daily of' in page
    assert page.count("waits for daily") == 1
    assert page.index("Bridges") < page.index("Rivers") < page.index("Old")


def test_filters_stand_in_the_address(paper: Publication, make: Make, editor: Browser) -> None:
    europe = make.topic(publication=paper, name="Europe")
    make.article(publication=paper, title="Rivers", topics=[europe])
    make.article(publication=paper, title="Bridges", author="Noor Valestri")
    make.article(publication=paper, title="Cables", state=ArticleState.DROPPED)
    for asked, found in (
        ("search=valestri", "Bridges"),
        ("topic=europe", "Rivers"),
        ("state=dropped", "Cables"),
    ):
        page = words(editor.get(f"/admin/articles?{asked}").text)
        others = {"Rivers", "Bridges", "Cables"} - {found}
        assert found in page
        assert not any(other in page for other in others)


def test_a_search_without_result_says_what_to_do(paper: Publication, editor: Browser) -> None:
    page = editor.get("/admin/articles?search=%25%3Cb%3E").text
    assert "No article like this" in page
    assert 'value="%&lt;b&gt;"' in page


def test_pages_of_the_ledger_keep_the_filter(
    paper: Publication, make: Make, editor: Browser
) -> None:
    for number in range(52):
        make.article(publication=paper, title=f"River {number:02}")
    first = editor.get("/admin/articles?search=river").text
    following = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = editor.get(following.replace("&amp;", "&")).text
    assert "River 51" in first
    assert "River 01" not in first
    assert "River 01" in second
    assert "River 51" not in second
    assert 'value="river"' in second


def test_the_page_tells_the_articles_story(paper: Publication, make: Make, editor: Browser) -> None:
    article = make.article(
        publication=paper,
        title="Rivers",
        pictures=[
            article_picture(
                "https://paper.example.org/river.jpg",
                alt="A delta from above",
                caption="The delta in May",
                credit="Image: Example Archive",
            ),
            article_picture(
                "https://paper.example.org/gone.jpg",
                place=1,
                picture={"state": PictureState.REFUSED, "reason": "The server answered 404."},
            ),
        ],
    )
    make.subscription(publication=paper)
    page = editor.get(f"/admin/articles/{article.id}").text
    for part in (
        "it has position 1",
        "Waits for the daily digest of 1 reader.",
        "The delta in May",
        "Image: Example Archive",
        'alt="A delta from above"',
        "Left out. The server answered 404.",
    ):
        assert part in page
    assert '<img class="article-picture" src="/pictures/' in page


@pytest.mark.parametrize(
    ("state", "words_of_it"),
    [
        (PictureState.WAITING, "No picture yet"),
        (PictureState.REFUSED, "None of its pictures can stand for it"),
    ],
)
def test_the_page_says_whether_a_picture_is_still_to_come(
    state: PictureState, words_of_it: str, paper: Publication, make: Make, editor: Browser
) -> None:
    picture = article_picture("https://paper.example.org/a.jpg", picture={"state": state})
    article = make.article(publication=paper, pictures=[picture])
    assert words_of_it in words(editor.get(f"/admin/articles/{article.id}").text)


def test_the_text_runs_nothing_even_if_cleaning_failed(
    paper: Publication, make: Make, editor: Browser
) -> None:
    article = make.article(publication=paper, content_html="<p>Text</p><script>x()</script>")
    answer = editor.get(f"/admin/articles/{article.id}/content")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert '<base target="_blank">' in answer.text
    page = editor.get(f"/admin/articles/{article.id}").text
    assert "<script>x()" not in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page


def test_titles_and_text_of_another_direction_are_read_from_their_side(
    paper: Publication, make: Make, editor: Browser
) -> None:
    article = make.article(publication=paper, title="ميناء هادئ", language="ar")
    assert "<bdi>ميناء هادئ</bdi>" in editor.get("/admin/articles").text
    page = editor.get(f"/admin/articles/{article.id}").text
    assert '<h1 class="page-title" dir="auto">' in page
    text = editor.get(f"/admin/articles/{article.id}/content").text
    assert '<main dir="rtl">' in text


def test_holding_and_releasing_go_through_the_ledger(
    paper: Publication, make: Make, editor: Browser
) -> None:
    article = make.article(publication=paper)
    path = f"/admin/articles/{article.id}"
    assert buttons(editor.get(path).text) == [f"{path}/drop", f"{path}/hold"]
    editor.post(f"{path}/hold", {"reason": "waits for the answer"})
    held = reload(article)
    assert (held.state, held.reason) == (ArticleState.HELD, "waits for the answer")
    page = editor.get(path).text
    assert "Held: waits for the answer." in page
    assert buttons(page) == [f"{path}/drop", f"{path}/release"]
    editor.post(f"{path}/release")
    assert reload(article).state is ArticleState.OPEN
    acts = list(db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))
    assert acts[-2:] == ["article_held", "article_released"]


def test_a_known_article_can_be_mailed_after_all(
    paper: Publication, make: Make, editor: Browser
) -> None:
    article = make.article(publication=paper, state=ArticleState.KNOWN)
    make.article(publication=paper)
    make.subscription(publication=paper, cursor=2)
    path = f"/admin/articles/{article.id}"
    page = words(editor.get(path).text)
    assert "Mail this article after all?" in page
    assert "The publication has 1 confirmed reader" in page
    editor.post(f"{path}/release")
    assert (reload(article).state, reload(article).position) == (ArticleState.OPEN, 3)
    assert "Waits for the daily digest of 1 reader." in editor.get(path).text


def test_a_dropped_article_offers_one_way_back(
    paper: Publication, make: Make, editor: Browser
) -> None:
    article = make.article(publication=paper)
    path = f"/admin/articles/{article.id}"
    editor.post(f"{path}/drop", {"reason": "written twice"})
    assert (reload(article).state, reload(article).reason) == (
        ArticleState.DROPPED,
        "written twice",
    )
    assert buttons(editor.get(path).text) == [f"{path}/release"]


def test_an_act_that_its_state_forbids_is_said(
    paper: Publication, make: Make, editor: Browser
) -> None:
    article = make.article(publication=paper, state=ArticleState.KNOWN)
    answer = editor.post(f"/admin/articles/{article.id}/hold")
    assert "known and cannot become held" in editor.get(answer.location).text
    assert reload(article).state is ArticleState.KNOWN
    assert (
        db.session.scalar(sa.select(AuditEvent.id).where(AuditEvent.object_kind == "article"))
        is None
    )


@pytest.mark.parametrize("act", ["hold", "release", "drop"])
def test_a_viewer_may_not_act(act: str, paper: Publication, make: Make, staff_room: Room) -> None:
    article = make.article(publication=paper)
    viewer = staff_room(StaffRole.VIEWER)
    assert buttons(viewer.get(f"/admin/articles/{article.id}").text) == []
    assert viewer.post(f"/admin/articles/{article.id}/{act}").status_code == 403
    assert reload(article).state is ArticleState.OPEN


def test_another_publications_article_does_not_exist(
    paper: Publication, make: Make, editor: Browser
) -> None:
    foreign = make.article(publication=make.publication())
    assert editor.get(f"/admin/articles/{foreign.id}").status_code == 404
    assert editor.get(f"/admin/articles/{foreign.id}/content").status_code == 404
    assert editor.post(f"/admin/articles/{foreign.id}/drop").status_code == 404


def test_the_story_names_who_held_and_who_released(
    paper: Publication, make: Make, editor: Browser
) -> None:
    article = make.article(publication=paper)
    path = f"/admin/articles/{article.id}"
    editor.post(f"{path}/hold", {"reason": "a name to check."})
    editor.post(f"{path}/release")
    story = words(editor.get(path).text)
    assert "Held by Editor: a name to check." in story
    assert "Released by Editor." in story


def test_the_story_says_whom_it_reached_and_whom_not(
    paper: Publication, make: Make, editor: Browser
) -> None:
    europe, asia = (make.topic(publication=paper, name=name) for name in ("Europe", "Asia"))
    article = make.article(publication=paper, topics=[europe])
    make.subscription(publication=paper)
    make.subscription(publication=paper, topics=frozenset([asia.id]))
    make.subscription(publication=paper, paused_until=utc_now() + timedelta(days=2))
    sending(paper)
    story = words(editor.get(f"/admin/articles/{article.id}").text)
    assert "On its way to 1 reader." in story
    assert "Readers who were left out: 1 chose other topics." in story
    assert "Kept for 1 reader who paused, until they come back." in story


def test_the_story_tells_of_an_alarm_and_who_settled_it(
    paper: Publication, make: Make, editor: Browser
) -> None:
    with unit_of_work() as session:
        alarm = Alarm(
            publication_id=paper.id, kind=AlarmKind.BURST, reason="40 at once.", raised_at=NOW
        )
        session.add(alarm)
    one, other, _ = (
        make.article(publication=paper, state=ArticleState.HELD, alarm_id=alarm.id)
        for _ in range(3)
    )
    editor.post(f"/admin/articles/{one.id}/drop", {"reason": "an advertisement"})
    editor.post(f"/admin/alarms/{alarm.id}/release")
    released = words(editor.get(f"/admin/articles/{other.id}").text)
    assert "Held by itself: 40 at once." in released
    assert "Released by Editor, with the others of the event." in released
    dropped = words(editor.get(f"/admin/articles/{one.id}").text)
    assert "Dropped by Editor: an advertisement." in dropped
    assert "with the others" not in dropped
