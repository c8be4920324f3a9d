"""flask feeds …"""

import json

import pytest

from newsletter.articles.models import Feed
from newsletter.extensions import db
from newsletter.publications.models import Publication
from tests.articles.conftest import LocalServer
from tests.articles.polling import connect, ledger
from tests.articles.tiny_feeds import item, rss
from tests.commands.conftest import Run
from tests.factories import Make


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(slug="iria", name="IRIA News")


def test_add_connects_a_feed_and_says_what_it_found(
    run: Run, server: LocalServer, paper: Publication
) -> None:
    items = [item(n, categories=("Europe",)) for n in (2, 1)]
    result = run("feeds", "add", "iria", server.says("/feed", rss(*items)))
    assert result.exit_code == 0, result.output
    for words in ("The Paper to IRIA News", "2 articles", "not mailed", "Europe"):
        assert words in result.stdout
    assert [state for _, state, _ in ledger(paper)] == ["known", "known"]


def test_add_prints_json_for_scripts(run: Run, server: LocalServer, paper: Publication) -> None:
    url = server.says("/feed", rss(item(1)))
    printed = json.loads(run("feeds", "add", paper.slug, url, "--json").stdout)
    assert (printed["url"], printed["count"], printed["kind"]) == (url, 1, "rss")


@pytest.mark.usefixtures("paper")
def test_add_refuses_in_one_sentence(run: Run, server: LocalServer) -> None:
    url = server.says("/feed", rss(item(1)))
    assert run("feeds", "add", "iria", url).exit_code == 0
    refusals = {
        "no publication called nope": ("nope", url),
        "reads this feed already": ("iria", url),
        "404 Not Found": ("iria", server.says("/gone", status=404)),
        "document is empty": ("iria", server.says("/empty")),
        "http:// or https://": ("iria", "file:///etc/hosts"),
    }
    for sentence, words in refusals.items():
        result = run("feeds", "add", *words)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "Error: " in result.stderr
        assert sentence in result.stderr
    assert db.session.query(Feed).count() == 1


def test_poll_brings_what_is_new(run: Run, server: LocalServer, paper: Publication) -> None:
    connect(paper, server.says("/feed", rss(item(1))))
    server.says("/feed", rss(item(2), item(1)))
    result = run("feeds", "poll")
    assert result.exit_code == 0, result.output
    assert "1 new, 0 changed" in result.stdout
    assert ledger(paper)[-1] == (2, "open", "Article 2")


def test_poll_names_each_failure_polls_the_others_and_exits_with_1(
    run: Run, server: LocalServer, paper: Publication
) -> None:
    connect(paper, server.says("/broken", rss(item(1))))
    connect(paper, server.says("/sound", rss()))
    server.says("/broken", status=500)
    server.says("/sound", rss(item(2)))
    result = run("feeds", "poll")
    assert result.exit_code == 1
    assert "FAILED" in result.stdout
    assert "500 Internal Server Error" in result.stdout
    assert "1 new" in result.stdout


def test_poll_prints_json_and_keeps_to_one_publication(
    run: Run, server: LocalServer, paper: Publication, make: Make
) -> None:
    connect(paper, server.says("/one", rss(item(1))))
    connect(make.publication(slug="other"), server.says("/other", rss(item(1))))
    result = run("feeds", "poll", "--publication", "iria", "--json")
    (row,) = json.loads(result.stdout)
    assert (row["url"], row["new"], row["error"]) == (f"{server.url}/one", 0, "")
    assert run("feeds", "poll", "--publication", "nope").exit_code == 1


def test_poll_leaves_disabled_feeds_alone(run: Run, make: Make, paper: Publication) -> None:
    make.feed(publication=paper, disabled=True)
    result = run("feeds", "poll")
    assert (result.exit_code, result.stdout) == (0, "There is no feed to poll.\n")


def test_list_shows_the_health_of_each_feed(
    run: Run, server: LocalServer, paper: Publication, make: Make
) -> None:
    assert "No feed is connected yet" in run("feeds", "list").stdout
    connect(paper, server.says("/feed", rss(item(1))))
    make.feed(publication=paper, failures_in_a_row=2, last_error="The server was too slow.")
    shown = run("feeds", "list").stdout
    assert "The server was too slow." in shown
    rows = json.loads(run("feeds", "list", "--publication", "iria", "--json").stdout)
    assert [(row["state"], row["count"]) for row in rows] == [("ok", 1), ("failing", None)]
