"""Pictures of articles: found in order, fetched within limits, and never waited for."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.articles import fetch_pictures as fetching
from newsletter.articles.fetch_pictures import MOST_ATTEMPTS, due_pictures, fetch_pictures
from newsletter.articles.models import Article, Picture, PictureState
from newsletter.articles.own_pictures import text_with_own_pictures
from newsletter.articles.picture_folder import path_of
from newsletter.articles.sweep_pictures import sweep_pictures
from newsletter.config import settings
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.articles.bitmaps import drawn, jpeg, octets
from tests.articles.conftest import LocalServer
from tests.articles.polling import article_titled, connect, poll_whole
from tests.articles.tiny_feeds import item, rss
from tests.factories import NOW, Make, article_picture

Start = Callable[[], LocalServer]


def published(
    server: LocalServer, paper: Publication, body: str = "<p>Text.</p>", link: str = ""
) -> Article:
    """Connect an empty feed, let one article appear, and poll."""
    feed_id = connect(paper, server.says("/feed", rss())).id
    server.says("/feed", rss(item(1, text=body, link=link)))
    assert poll_whole(feed_id).error == ""
    return article_titled("Article 1")


def pictures() -> list[Picture]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Picture).order_by(Picture.id)))


def sweep(hours: float = 0) -> None:
    sweep_pictures(clock=lambda: NOW + timedelta(hours=hours))


def asked_for(server: LocalServer, path: str) -> int:
    return sum(asked == path for asked, _ in server.requests)


def test_a_new_article_has_its_pictures_before_any_digest_can_start(
    server: LocalServer, paper: Publication
) -> None:
    lead = server.says("/lead.jpg", jpeg(2400, 1350))
    other = server.says("/other.png", octets(drawn(500, 400, mode="P"), "PNG"))
    body = (
        f'<figure><img src="{lead}" alt="A quay"><figcaption>The quay. (Photo: Desk)</figcaption>'
        f'</figure><p>Text.</p><img src="{other}" alt="A chart">'
    )
    article = published(server, paper, body)
    shown = article.picture
    assert shown is not None
    assert (shown.alt, shown.caption, shown.credit) == ("A quay", "The quay.", "Desk")
    assert (shown.picture.width, shown.picture.height) == (1200, 675)
    assert path_of(shown.picture.file, folder=settings.picture_folder).is_file()
    assert [one.picture.state for one in article.pictures] == [PictureState.STORED] * 2
    text = text_with_own_pictures(article, base_url="https://news.example.org")
    assert server.url not in text
    assert text.count('src="https://news.example.org/pictures/') == 2
    assert server.requests[-1][1]["Accept"].startswith("image/")


def test_a_picture_that_does_not_come_holds_nothing_up_and_says_why(
    server: LocalServer, paper: Publication
) -> None:
    gone = server.says("/gone.jpg", status=404)
    article = published(server, paper, f'<p>Text.</p><img src="{gone}" alt="">')
    assert article.picture is None
    assert text_with_own_pictures(article) == "<p>Text.</p>"
    (picture,) = pictures()
    assert (picture.state, picture.attempts) == (PictureState.WAITING, 1)
    assert picture.reason == "The server answered 404 Not Found."
    server.says("/gone.jpg", jpeg())
    sweep()  # not yet
    assert pictures()[0].attempts == 1
    sweep(hours=1)
    assert article_titled("Article 1").picture is not None


def test_trying_ends(server: LocalServer, paper: Publication) -> None:
    published(server, paper, f'<img src="{server.says("/a.jpg", status=503)}" alt=""><p>x</p>')
    for days in range(1, 9):
        sweep(hours=24 * days)
    (picture,) = pictures()
    assert (picture.state, picture.attempts) == (PictureState.REFUSED, MOST_ATTEMPTS)
    assert picture.next_attempt_at is None
    assert asked_for(server, "/a.jpg") == MOST_ATTEMPTS


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (octets(drawn(1, 1), "GIF"), "It is 1 × 1 pixels: a counter or an icon."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "It is not a JPEG, PNG, GIF, WebP or AVIF"),
        (b"\xff\xd8\xff" + b"0" * 99, "It is not a JPEG, PNG, GIF, WebP or AVIF"),
    ],
)
def test_what_is_no_picture_is_refused_at_once(
    server: LocalServer, paper: Publication, content: bytes, reason: str
) -> None:
    article = published(server, paper, f'<img src="{server.says("/a", content)}" alt=""><p>x</p>')
    (picture,) = pictures()
    assert (picture.state, picture.reason[: len(reason)]) == (PictureState.REFUSED, reason)
    assert article.picture is None


def test_a_picture_on_an_internal_address_is_never_asked_for(
    server: LocalServer, paper: Publication
) -> None:
    published(server, paper, '<img src="http://10.0.0.1/a.jpg" alt=""><p>x</p>')
    (picture,) = pictures()
    assert picture.state is PictureState.REFUSED
    assert "internal address" in picture.reason


def test_too_many_octets_are_not_loaded(
    server: LocalServer, paper: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LARGEST_PICTURE", 1000)
    published(server, paper, f'<img src="{server.says("/a.jpg", jpeg())}" alt=""><p>x</p>')
    (picture,) = pictures()
    assert picture.state is PictureState.REFUSED
    assert picture.reason == "The picture is larger than 1000 bytes."


def test_the_picture_of_the_page_is_the_last_resort(
    server: LocalServer, paper: Publication
) -> None:
    server.says("/page.jpg", jpeg())
    page = server.says(
        "/article",
        b'<html><head><meta name="author" content="A"><meta content="/page.jpg" '
        b'property="og:image"><meta property="og:image:alt" content="A &amp; B"></head></html>',
    )
    article = published(server, paper, link=page)
    assert article.picture is not None
    assert article.picture.picture.source_url == f"{server.url}/page.jpg"
    assert (article.picture.alt, article.image_url) == ("A & B", "")
    poll_whole(article.feed_id or 0)
    assert article_titled("Article 1").picture is not None
    assert asked_for(server, "/article") == 1


def test_the_page_is_asked_where_the_feeds_own_picture_is_refused(
    server: LocalServer, paper: Publication
) -> None:
    tiny = server.says("/tiny.png", octets(drawn(20, 20), "PNG"))
    server.says("/page.jpg", jpeg())
    page = server.says("/article", b'<head><meta property="og:image" content="/page.jpg">')
    published(server, paper, f'<img src="{tiny}" alt=""><p>x</p>', link=page)
    sweep()  # lists the article anew and reads its page
    sweep()
    sweep()
    lead = article_titled("Article 1").picture
    assert lead is not None
    assert lead.picture.source_url == f"{server.url}/page.jpg"


def test_a_page_that_does_not_answer_is_asked_three_times(
    server: LocalServer, paper: Publication
) -> None:
    page = server.says("/article", status=500)
    published(server, paper, link=page)
    for hours in range(0, 24, 2):
        sweep(hours=hours)
    assert asked_for(server, "/article") == 1 + 3  # once by the poll itself


def test_a_small_picture_stands_for_an_article_only_where_there_is_no_larger(make: Make) -> None:
    url = "https://paper.example.org/{}.jpg".format
    small = article_picture(url("small"), width=150, height=100)
    icon = article_picture(url("icon"), width=40, height=40)
    large = article_picture(url("large"), place=2)
    paper = make.publication()
    assert make.article(publication=paper, pictures=[icon]).picture is None
    assert make.article(publication=paper, pictures=[small, large]).picture is large
    assert Article(pictures=[article_picture(url("only"), width=150, height=100)]).picture


def test_articles_of_before_get_their_pictures_by_the_sweeper(
    server: LocalServer, paper: Publication
) -> None:
    url = server.says("/a.jpg", jpeg())
    connect(paper, server.says("/feed", rss(item(1, text=f'<img src="{url}" alt="x"><p>y</p>'))))
    assert pictures() == []
    sweep()
    assert article_titled("Article 1").picture is not None
    sweep()
    assert asked_for(server, "/a.jpg") == 1


def test_a_changed_picture_takes_the_place_of_the_old_one(
    server: LocalServer, paper: Publication
) -> None:
    old, new = server.says("/old.jpg", jpeg()), server.says("/new.jpg", jpeg(900, 500))
    article = published(server, paper, f'<img src="{old}" alt=""><p>x</p>')
    server.says("/feed", rss(item(1, text=f'<img src="{new}" alt=""><p>x</p>')))
    poll_whole(article.feed_id or 0)
    sweep()
    lead = article_titled("Article 1").picture
    assert lead is not None
    assert lead.picture.source_url == new


def test_workers_at_once_fetch_a_picture_once(
    app: Flask, server: LocalServer, paper: Publication
) -> None:
    url = server.says("/a.jpg", jpeg())
    connect(paper, server.says("/feed", rss(item(1, text=f'<img src="{url}" alt="x"><p>y</p>'))))
    with unit_of_work():
        fetching.ask_for_pictures([url], now=NOW)
    ids = due_pictures(now=NOW, limit=9)
    assert len(ids) == 1
    assert fetch_pictures(ids * 3, clock=lambda: NOW, seconds=9) == 1
    assert asked_for(server, "/a.jpg") == 1


def test_a_picture_that_ends_its_worker_is_given_up(
    server: LocalServer, paper: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.says("/a.jpg", jpeg())
    with unit_of_work():
        fetching.ask_for_pictures([url], now=NOW)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fetching, "fetch", dies)
    for hours in range(MOST_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            sweep(hours=hours)
        db.session.rollback()
    sweep(hours=MOST_ATTEMPTS)
    (picture,) = pictures()
    assert picture.state is PictureState.REFUSED
    assert "ended the worker" in picture.reason


def test_a_full_disk_is_tried_again(
    server: LocalServer, paper: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(fetching, "keep", full)
    article = published(
        server, paper, f'<img src="{server.says("/a.jpg", jpeg())}" alt=""><p>x</p>'
    )
    assert article.picture is None
    assert "folder of pictures" in pictures()[0].reason
    monkeypatch.undo()
    sweep(hours=1)
    assert article_titled("Article 1").picture is not None


def test_the_pictures_of_new_articles_come_before_those_of_an_archive(
    server: LocalServer, make: Make
) -> None:
    paper = make.publication()
    urls = [server.says(f"/{name}.jpg", jpeg()) for name in ("old", "new")]
    for url, days in zip(urls, (400, 1), strict=True):
        make.article(publication=paper, image_url=url, found_at=NOW - timedelta(days=days))
    with unit_of_work() as session:
        session.execute(sa.update(Article).values(pictures_listed_at=None))
    sweep()
    asked = [path for path, _ in server.requests]
    assert asked == ["/new.jpg", "/old.jpg"]
