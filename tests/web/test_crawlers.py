"""What programs that read the whole site are told."""

from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient

from newsletter.articles.models import ArticleState
from newsletter.digests.models import DigestState
from newsletter.publications.models import Cadence
from newsletter.web import crawlers
from newsletter.web.access import Audience
from tests.factories import Make
from tests.house.addresses import rules_for

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def robots(client: FlaskClient) -> RobotFileParser:
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    parser = RobotFileParser()
    parser.parse(answer.text.splitlines())
    return parser


def addresses(client: FlaskClient) -> list[str]:
    answer = client.get("/sitemap.xml")
    assert answer.mimetype == "application/xml"
    return [one.text or "" for one in ET.fromstring(answer.data).iter(f"{SITEMAP}loc")]


@pytest.mark.parametrize("audience", [Audience.TOKEN_HOLDER, Audience.STAFF, Audience.DEVELOPMENT])
def test_crawlers_are_kept_from_every_page_that_is_not_for_all(
    app: Flask, robots: RobotFileParser, audience: Audience
) -> None:
    tried = [path for _, path, _ in rules_for(app, audience)]
    assert tried
    assert [path for path in tried if robots.can_fetch("Bot", f"http://localhost{path}")] == []


@pytest.mark.parametrize(
    "path", ["/", "/archive/", "/archive/one", "/articles/one", "/topics/", "/share/x/y/z.png"]
)
def test_crawlers_may_read_the_archive(robots: RobotFileParser, path: str) -> None:
    assert robots.can_fetch("Bot", f"http://localhost{path}")
    assert robots.site_maps() == ["http://localhost/sitemap.xml"]


def test_results_are_no_place_for_crawlers(robots: RobotFileParser) -> None:
    assert not robots.can_fetch("Bot", "http://localhost/search?q=a")


def test_the_sitemap_names_what_is_to_be_found_here(client: FlaskClient, make: Make) -> None:
    first, second = make.publication(), make.publication()
    topic = make.topic(publication=first, name="Sea")
    make.article(publication=first, topics=[topic])
    here = make.article(publication=first, link="")
    make.article(publication=first, link="", state=ArticleState.HELD)
    digest = make.digest(publication=first)
    make.digest(publication=first, state=DigestState.DRAFT, published_at=None)
    make.digest(publication=first, cadence=Cadence.INSTANT)
    found = addresses(client)
    assert sorted(found) == sorted(
        "http://localhost" + path
        for path in (
            "/",
            "/archive/",
            "/topics/",
            "/topics/sea",
            f"/p/{second.slug}",
            f"/archive/?publication={second.slug}",
            f"/topics/?publication={second.slug}",
            f"/archive/{digest.slug}",
            f"/articles/{here.slug}",
        )
    )
    assert {client.get(address).status_code for address in found} == {200}


def test_a_sitemap_is_cut_where_the_standard_ends(
    client: FlaskClient, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = make.publication()
    digests = [make.digest(publication=publication) for _ in range(3)]
    monkeypatch.setattr(crawlers, "MOST_ADDRESSES", 5)
    assert addresses(client)[3:] == [
        f"http://localhost/archive/{digest.slug}" for digest in digests[:0:-1]
    ]


def test_an_empty_service_has_both_files(client: FlaskClient) -> None:
    assert client.get("/robots.txt").status_code == 200
    assert addresses(client) == []
