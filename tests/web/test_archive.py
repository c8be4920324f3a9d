"""The archive: sent digests, their articles, and nothing that was held back."""

import pytest
from flask.testing import FlaskClient

from newsletter.articles.models import ArticleState
from newsletter.digests.models import BlockLabel, DigestState
from newsletter.publications.models import Cadence
from tests.factories import NOW, Make


def test_the_archive_lists_sent_digests_newest_first(client: FlaskClient, make: Make) -> None:
    publication = make.publication()
    make.digest(publication=publication, subject="The older one")
    make.digest(publication=publication, subject="The newer one")
    make.digest(
        publication=publication,
        subject="Still a draft",
        state=DigestState.DRAFT,
        published_at=None,
    )
    page = client.get("/archive/").text
    assert page.index("The newer one") < page.index("The older one")
    assert "Still a draft" not in page


def test_a_digest_without_a_wished_subject_goes_by_its_title(
    client: FlaskClient, make: Make
) -> None:
    digest = make.digest(
        publication=make.publication(), subject="", title="The ferry is late and 2 more"
    )
    assert ">The ferry is late and 2 more</a>" in client.get("/archive/").text
    assert "<title>The ferry is late and 2 more</title>" in client.get("/archive.atom").text
    page = client.get(f"/archive/{digest.slug}").text
    assert "<title>The ferry is late and 2 more</title>" in page


def test_the_archive_can_be_narrowed_to_one_cadence(client: FlaskClient, make: Make) -> None:
    publication = make.publication()
    make.digest(publication=publication, subject="Of the day", cadence=Cadence.DAILY)
    make.digest(publication=publication, subject="Of the week", cadence=Cadence.WEEKLY)
    page = client.get("/archive/?cadence=weekly").text
    assert "Of the week" in page
    assert "Of the day" not in page


def test_a_digest_shows_only_what_was_new_in_it(client: FlaskClient, make: Make) -> None:
    publication = make.publication()
    before = make.article(publication=publication, title="For readers further behind")
    new = make.article(publication=publication, title="New in this one")
    digest = make.digest(
        publication=publication, articles=[new, before], position_from=before.position
    )
    for path in (f"/archive/{digest.slug}", "/archive.atom", "/"):
        page = client.get(path).text
        assert "New in this one" in page
        assert "For readers further behind" not in page


def test_the_archive_has_pages(client: FlaskClient, make: Make) -> None:
    publication = make.publication()
    for number in range(21):
        make.digest(publication=publication, subject=f"Subject number {number}.")
    first, second = client.get("/archive/").text, client.get("/archive/?page=2").text
    assert "Subject number 20." in first
    assert "Subject number 0." not in first
    assert '<a rel="next" href="/archive/?page=2">' in first
    assert '<link rel="next" href="/archive/?page=2">' in first
    assert '<link rel="prev" href="/archive/">' in second
    assert '<link rel="canonical" href="http://localhost/archive/?page=2">' in second
    assert "Subject number 0." in second
    assert "no older ones" in client.get("/archive/?page=3").text


def test_an_empty_archive_says_what_will_stand_there(client: FlaskClient, make: Make) -> None:
    make.publication()
    assert "Nothing has been sent yet" in client.get("/archive/").text


def test_each_publication_has_its_own_archive(client: FlaskClient, make: Make) -> None:
    make.publication()
    second = make.publication()
    make.digest(publication=second, subject="From the second")
    assert "From the second" not in client.get("/archive/").text
    assert "From the second" in client.get(f"/archive/?publication={second.slug}").text


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "page=-1",
        "page=1&page=2",
        "cadence=hourly",
        "page=99999999999",
        "page=²",
    ],
)
def test_an_address_the_archive_cannot_read_is_refused(
    client: FlaskClient, make: Make, query: str
) -> None:
    make.publication()
    assert client.get(f"/archive/?{query}").status_code == 400


def test_without_a_publication_there_is_no_archive(client: FlaskClient) -> None:
    assert client.get("/archive/").status_code == 404
    assert client.get("/archive.atom").status_code == 404


def test_a_digest_shows_its_articles_as_they_were_frozen(client: FlaskClient, make: Make) -> None:
    publication = make.publication()
    article = make.article(publication=publication, title="The title then", author="A. Author")
    digest = make.digest(publication=publication, articles=[article])
    page = client.get(f"/archive/{digest.slug}")
    assert page.status_code == 200
    assert "The title then" in page.text
    assert "A. Author" in page.text
    assert f"/articles/{article.slug}" in page.text


def test_a_digest_names_an_article_that_was_withdrawn_but_does_not_lead_to_it(
    client: FlaskClient, make: Make
) -> None:
    publication = make.publication()
    article = make.article(
        publication=publication,
        state=ArticleState.DROPPED,
        title="Withdrawn",
        excerpt="What should not have been said.",
    )
    digest = make.digest(publication=publication, articles=[article])
    for address in (f"/archive/{digest.slug}", "/archive.atom"):
        page = client.get(address).text
        assert "Withdrawn" in page
        assert f"/articles/{article.slug}" not in page
        assert "What should not have been said" not in page


@pytest.mark.parametrize("state", [DigestState.DRAFT, DigestState.SCHEDULED, DigestState.CANCELLED])
def test_a_digest_that_was_not_published_has_no_page(
    client: FlaskClient, make: Make, state: DigestState
) -> None:
    digest = make.digest(publication=make.publication(), state=state, published_at=None)
    assert client.get(f"/archive/{digest.slug}").status_code == 404


@pytest.mark.parametrize(
    ("path", "words"),
    [("/archive/none", "There is no such mail"), ("/articles/none", "There is no such article")],
)
def test_what_is_not_there_gets_a_page_that_helps_on(
    client: FlaskClient, make: Make, path: str, words: str
) -> None:
    make.publication(name="The Paper")
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    for part in (words, "The Paper", 'role="search"', 'href="/archive/"', 'content="noindex"'):
        assert part in answer.text
    assert client.get(path, headers={"Accept": "application/json"}).json["error"]  # type: ignore[index]


def test_pages_may_be_kept_for_a_while_and_are_not_sent_twice(
    client: FlaskClient, make: Make
) -> None:
    publication = make.publication()
    article = make.article(publication=publication, found_at=NOW)
    digest = make.digest(publication=publication, articles=[article], published_at=NOW)
    for path in ("/archive/", f"/archive/{digest.slug}", f"/articles/{article.slug}"):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).data == b""
        if path != "/archive/":
            assert answer.headers["Last-Modified"] == "Mon, 02 Mar 2026 09:00:00 GMT"
    ahead = make.article(publication=publication, modified_at=NOW.replace(year=2999))
    modified = client.get(f"/articles/{ahead.slug}").headers["Last-Modified"]
    assert "2999" not in modified


def test_every_page_of_the_archive_names_the_feed(client: FlaskClient, make: Make) -> None:
    publication = make.publication(name="The Paper")
    article = make.article(publication=publication)
    digest = make.digest(publication=publication, articles=[article])
    link = (
        '<link rel="alternate" type="application/atom+xml" title="The Paper"'
        f' href="/archive.atom?publication={publication.slug}">'
    )
    for path in ("/", "/archive/", f"/archive/{digest.slug}", f"/articles/{article.slug}"):
        assert client.get(path).text.count(link) == 1


def test_dates_are_those_of_the_publications_zone(client: FlaskClient, make: Make) -> None:
    publication = make.publication(time_zone="Pacific/Auckland")
    article = make.article(publication=publication, published_at=NOW.replace(hour=20))
    assert "March 3, 2026" in client.get(f"/articles/{article.slug}").text


def test_a_digest_at_readers_own_hours_has_a_page_that_nothing_finds(
    client: FlaskClient, make: Make
) -> None:
    paper = make.publication()
    article = make.article(publication=paper)
    make.digest(publication=paper, articles=[article], slug="usual")
    make.digest(publication=paper, articles=[article], slug="own", at_own_hours=True)
    assert '<meta name="robots" content="noindex">' in client.get("/archive/own").text
    assert "noindex" not in client.get("/archive/usual").text
    everywhere = "".join(
        client.get(path).text for path in ("/archive/", "/archive.atom", "/sitemap.xml", "/")
    )
    assert "/archive/usual" in everywhere
    assert "/archive/own" not in everywhere


def test_an_editors_words_stand_on_the_page_of_the_digest_safe(
    client: FlaskClient, make: Make
) -> None:
    publication = make.publication()
    digest = make.digest(
        publication=publication,
        articles=[make.article(publication=publication)],
        subject="Ropes & tides",
        introduction="A word from the *desk*. <b>not bold</b>",
        block_label=BlockLabel.ADVERTISEMENT,
        block_title="Rope & Sons",
        block_text="Of **every** kind.",
        block_link="https://rope.example.org/",
    )
    page = client.get(f"/archive/{digest.slug}").text
    assert '<p class="digest-subject" dir="auto">Ropes &amp; tides</p>' in page
    assert "<p>A word from the <em>desk</em>. &lt;b&gt;not bold" in page
    assert 'aria-label="Advertisement"' in page
    assert '<a href="https://rope.example.org/" rel="sponsored">Rope &amp; Sons</a>' in page
    assert "<strong>every</strong>" in page
