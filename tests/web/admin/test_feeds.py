"""Feeds: their health, connecting one, running them by hand."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Article, ArticleState, Feed, PictureState, RestState
from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.jobs import Job
from newsletter.publications.models import Publication
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.articles.conftest import LocalServer, server, start_server
from tests.articles.tiny_feeds import item, rss
from tests.factories import Make, article_picture, reload
from tests.listener import Listener
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import buttons, words
from workers import articles as tasks

__all__ = ["server", "start_server"]

Room = Callable[..., Browser]
ADD = "/admin/articles/feeds/add"
PREVIEW = "/admin/articles/feeds/preview"
CONNECT = "/admin/articles/feeds/connect"


def test_without_a_feed_the_list_says_what_to_do(editor: Browser) -> None:
    page = editor.get("/admin/articles/feeds").text
    assert "No feed yet" in page
    assert f'href="{ADD}"' in page


def test_the_list_shows_the_health_of_each_feed(
    paper: Publication, make: Make, editor: Browser
) -> None:
    now = utc_now()
    good = {"last_success_at": now, "last_status": 200, "last_seconds": 0.04, "last_count": 10}
    make.feed(publication=paper, title="Good", **good)
    make.feed(
        publication=paper, title="Bad", failures_in_a_row=4, last_error="The server answered 503."
    )
    make.feed(publication=paper, title="Off", disabled=True)
    make.feed(title="Of another publication")
    for path in ("/admin/articles/feeds", "/admin/articles/feeds/live"):
        page = words(editor.get(path).text)
        assert "working" in page
        assert "40 ms" in page
        assert "The server answered 503. failing" in page
        assert "disabled" in page
        assert "Of another publication" not in page


def test_a_preview_shows_what_was_found_and_stores_nothing(
    editor: Browser, server: LocalServer
) -> None:
    entries = [item(number, categories=("Europe",)) for number in range(12, 0, -1)]
    url = server.says("/feed", rss(*entries, title="River news"))
    editor.get(ADD)
    page = editor.post(PREVIEW, {"url": url}).text
    assert "River news" in page
    assert "Found 12 articles" in page
    assert "RSS" in page
    assert "Europe (12)" in page
    assert page.count('<h4 class="h5') == 10
    assert "counts as known and is never mailed" in page
    assert db.session.scalar(sa.select(Feed.id)) is None


def test_connecting_files_what_is_there_as_known(editor: Browser, server: LocalServer) -> None:
    url = server.says("/feed", rss(item(2), item(1)))
    editor.get(ADD)
    answer = editor.post(CONNECT, {"url": url})
    feed = db.session.scalars(sa.select(Feed)).one()
    assert answer.location == f"/admin/articles/feeds/{feed.id}"
    assert "2 articles are known now" in editor.get(answer.location).text
    assert set(db.session.scalars(sa.select(Article.state))) == {ArticleState.KNOWN}


@pytest.mark.parametrize("step", [PREVIEW, CONNECT])
@pytest.mark.parametrize(
    ("path", "status", "body"), [("/gone", 404, b""), ("/text", 200, b"just words")]
)
def test_trouble_stands_at_the_field_and_keeps_what_was_typed(
    step: str, path: str, status: int, body: bytes, editor: Browser, server: LocalServer
) -> None:
    url = server.says(path, body, status=status)
    editor.get(ADD)
    answer = editor.post(step, {"url": url})
    assert answer.status_code == 422
    assert 'id="problem-url"' in answer.text
    assert f'value="{url}"' in answer.text
    assert db.session.scalar(sa.select(Feed.id)) is None


@pytest.mark.parametrize("typed", ["", "   "])
def test_an_empty_address_asks_for_one(typed: str, editor: Browser) -> None:
    editor.get(ADD)
    answer = editor.post(PREVIEW, {"url": typed})
    assert answer.status_code == 422
    assert "Enter the address of a feed" in answer.text


def test_an_address_inside_our_network_is_refused(editor: Browser) -> None:
    editor.get(ADD)
    answer = editor.post(PREVIEW, {"url": "http://10.0.0.1/feed"})
    assert answer.status_code == 422
    assert 'id="problem-url"' in answer.text


def test_a_feed_is_connected_once(editor: Browser, server: LocalServer) -> None:
    url = server.says("/feed", rss(item(1)))
    editor.get(ADD)
    editor.post(CONNECT, {"url": url})
    answer = editor.post(CONNECT, {"url": url})
    assert answer.status_code == 422
    assert "reads this feed already" in answer.text
    assert len(list(db.session.scalars(sa.select(Feed.id)))) == 1


def test_polling_now_asks_a_worker_and_shows_what_came(
    editor: Browser, server: LocalServer, queue: Listener
) -> None:
    url = server.says("/feed", rss(item(1)))
    editor.get(ADD)
    editor.post(CONNECT, {"url": url})
    feed = db.session.scalars(sa.select(Feed)).one()
    answer = editor.post(f"/admin/articles/feeds/{feed.id}/poll")
    assert queue.jobs[-1] == (Job.POLL_FEED, {"feed_id": feed.id})
    assert "Asked a worker to fetch it." in editor.get(answer.location).text
    server.says("/feed", rss(item(2), item(1)))
    tasks.poll_feed(feed_id=feed.id)
    live = answer.location.replace("?", "/live?")
    assert "brought new articles" in editor.get(live).text


def test_a_poll_that_failed_says_why(editor: Browser, server: LocalServer, queue: Listener) -> None:
    url = server.says("/feed", rss(item(1)))
    editor.get(ADD)
    editor.post(CONNECT, {"url": url})
    feed = db.session.scalars(sa.select(Feed)).one()
    answer = editor.post(f"/admin/articles/feeds/{feed.id}/poll")
    server.says("/feed", status=503)
    tasks.poll_feed(feed_id=feed.id)
    page = words(editor.get(answer.location).text)
    assert "The poll failed:" in page
    assert "failing" in page
    assert "less and less often while it fails" in page


def test_a_disabled_feed_can_be_enabled_and_no_more(
    paper: Publication, make: Make, editor: Browser, queue: Listener
) -> None:
    feed = make.feed(publication=paper, next_poll_at=utc_now() + timedelta(hours=1))
    path = f"/admin/articles/feeds/{feed.id}"
    editor.post(f"{path}/disable")
    assert reload(feed).disabled is True
    assert buttons(editor.get(path).text) == [f"{path}/enable"]
    refused = editor.post(f"{path}/poll")
    assert "This feed is disabled." in editor.get(refused.location).text
    assert queue.jobs == []
    editor.post(f"{path}/enable")
    assert reload(feed).disabled is False
    assert queue.jobs == [(Job.POLL_FEED, {"feed_id": feed.id})]


def test_the_page_reloads_when_its_buttons_are_old(
    paper: Publication, make: Make, editor: Browser
) -> None:
    feed = make.feed(publication=paper)
    path = f"/admin/articles/feeds/{feed.id}/live"
    assert "HX-Refresh" not in editor.get(path).headers
    with unit_of_work() as session:
        session.get_one(Feed, feed.id).disabled = True
    assert editor.get(path).headers["HX-Refresh"] == "true"
    assert "HX-Refresh" not in editor.get(f"{path}?disabled=1").headers


@pytest.mark.parametrize("asked", ["yesterday", "2026-03-02T09:00:00", "9999-01-01T00:00:00+00:00"])
def test_an_odd_moment_in_the_address_counts_as_none(
    asked: str, paper: Publication, make: Make, editor: Browser
) -> None:
    feed = make.feed(publication=paper)
    page = editor.get(f"/admin/articles/feeds/{feed.id}", query_string={"asked": asked})
    assert page.status_code == 200
    assert "Asked a worker" not in page.text


def test_a_viewer_looks_and_cannot_act(paper: Publication, make: Make, staff_room: Room) -> None:
    feed = make.feed(publication=paper)
    viewer = staff_room(StaffRole.VIEWER)
    path = f"/admin/articles/feeds/{feed.id}"
    assert viewer.get(path).status_code == 200
    assert buttons(viewer.get(path).text) == []
    assert ADD not in viewer.get("/admin/articles/feeds").text
    assert viewer.get(ADD).status_code == 403
    for act in (f"{path}/poll", f"{path}/disable", f"{path}/enable", PREVIEW, CONNECT):
        assert viewer.post(act).status_code == 403
    assert reload(feed).disabled is False


def test_another_publications_feed_does_not_exist(
    paper: Publication, make: Make, editor: Browser
) -> None:
    foreign = make.feed()
    assert editor.get(f"/admin/articles/feeds/{foreign.id}").status_code == 404
    assert editor.post(f"/admin/articles/feeds/{foreign.id}/disable").status_code == 404
    assert reload(foreign).disabled is False


def test_a_feed_tells_of_its_silence_its_site_and_its_pictures(
    paper: Publication, make: Make, editor: Browser
) -> None:
    now = utc_now()
    feed = make.feed(
        publication=paper,
        last_new_article_at=now - timedelta(days=12),
        last_success_at=now,
        next_poll_at=now + timedelta(hours=1),
        rest_state=RestState.CLOSED,
        rest_note="The server answered 401 Unauthorized.",
        hub_url="https://hub.example.org/",
        gap_since=now,
    )
    refused = {"state": PictureState.REFUSED, "reason": "The server answered 404 Not Found."}
    for number in range(2):
        make.article(
            publication=paper,
            feed_id=feed.id,
            found_at=now,
            published_at=now - timedelta(days=12, hours=number),
            pictures=[
                article_picture(f"https://paper.example.org/{number}.jpg"),
                article_picture(f"https://paper.example.org/{number}-b.jpg", picture=refused),
            ],
        )
    page = words(editor.get(f"/admin/articles/feeds/{feed.id}").text)
    for part in (
        "Nothing new for 12 days: longer than is usual",
        "Closed: The server answered 401 Unauthorized.",
        "https://hub.example.org/",
        "2 served from here, 0 waiting, 2 left out",
        "The server answered 404 Not Found. (2 articles)",
        "More articles came than the feed shows",
        "polled about every",
    ):
        assert part in page, part
    assert "Nothing new for 12 days" in words(editor.get("/admin/articles/feeds").text)


def test_a_feed_that_is_silent_as_usual_is_no_trouble(
    paper: Publication, make: Make, editor: Browser
) -> None:
    now = utc_now()
    feed = make.feed(publication=paper, last_new_article_at=now - timedelta(days=12))
    for number in range(5):
        moment = now - timedelta(days=12 + 10 * number)
        make.article(publication=paper, feed_id=feed.id, published_at=moment, found_at=moment)
    page = words(editor.get(f"/admin/articles/feeds/{feed.id}").text)
    assert "nothing new for 12 days" in page
    assert "longer than is usual" not in page


def test_pictures_of_a_feed_that_is_looked_at_may_be_at_http(
    editor: Browser, server: LocalServer
) -> None:
    url = server.says("/feed", rss(item(1)))
    editor.get(ADD)
    looked_at = editor.post(PREVIEW, {"url": url}).headers["Content-Security-Policy"]
    assert "img-src 'self' https: http: data:" in looked_at
    elsewhere = editor.get("/admin/articles/feeds").headers["Content-Security-Policy"]
    assert "img-src 'self' https: data:" in elsewhere
