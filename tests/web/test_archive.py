"""The archive: sent digests, their articles, and nothing that was held back."""

import pytest
from flask.testing import FlaskClient

from newsletter.articles.models import ArticleState
from newsletter.digests.models import DigestState
from newsletter.publications.models import Cadence
from tests.factories import NOW, Make, article_picture


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
    assert "/archive/?page=2" in first
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
    article = make.article(publication=publication, state=ArticleState.DROPPED, title="Withdrawn")
    page = client.get(
        f"/archive/{make.digest(publication=publication, articles=[article]).slug}"
    ).text
    assert "Withdrawn" in page
    assert f"/articles/{article.slug}" not in page


@pytest.mark.parametrize("state", [DigestState.DRAFT, DigestState.SCHEDULED, DigestState.CANCELLED])
def test_a_digest_that_was_not_published_has_no_page(
    client: FlaskClient, make: Make, state: DigestState
) -> None:
    digest = make.digest(publication=make.publication(), state=state, published_at=None)
    assert client.get(f"/archive/{digest.slug}").status_code == 404


def test_an_article_carries_everything_the_publisher_gave_it(
    client: FlaskClient, make: Make
) -> None:
    publication = make.publication(
        about="About the paper.",
        contact_email="desk@example.org",
        copyright_line="© Paper",
        postal_address="1 Paper Street",
    )
    europe = make.topic(publication=publication, name="Europe")
    related = make.article(publication=publication, topics=[europe], title="A related piece")
    article = make.article(
        publication=publication,
        topics=[europe],
        title="A title & more",
        author="A. Author",
        content_html="<p>The lead.</p><h2>A section</h2><blockquote><p>Said.</p></blockquote>",
        reading_minutes=5,
        comment_count=0,
        comments_url="https://paper.example.org/a#respond",
        pictures=[
            article_picture(
                "https://paper.example.org/a.jpg",
                alt="A picture of it",
                caption="What it shows",
                credit="Image Credit: A/via B",
            )
        ],
    )
    picture = f"/pictures/{article.pictures[0].picture.file}"
    page = client.get(f"/articles/{article.slug}").text
    for part in (
        "A title &amp; more",
        "Europe",
        "A. Author",
        "2 March 2026",
        "5 minute read",
        "No comments",
        "<h2>A section</h2>",
        "<blockquote>",
        'alt="A picture of it"',
        "What it shows",
        "Image Credit: A/via B",
        f"/articles/{related.slug}",
        "Leave a comment",
        "About the paper.",
        "desk@example.org",
        "© Paper",
        "1 Paper Street",
        'action="/subscribe"',
        "Back to top",
        f'<link rel="canonical" href="{article.link}">',
        f'property="og:image" content="http://localhost{picture}"',
        f'<img src="{picture}"',
    ):
        assert part in page, part
    assert "paper.example.org/a.jpg" not in page


def test_a_lead_picture_that_stands_in_the_text_is_not_shown_twice(
    client: FlaskClient, make: Make
) -> None:
    article = make.article(
        publication=make.publication(),
        pictures=[
            article_picture("https://paper.example.org/a-1024x576.jpg?w=1&h=2"),
            article_picture("https://paper.example.org/a.jpg?w=1&h=2", place=1),
        ],
        content_html='<p><img src="https://paper.example.org/a.jpg?w=1&amp;h=2" alt=""></p>',
    )
    page = client.get(f"/articles/{article.slug}").text
    assert page.count("<img") == 1


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (ArticleState.OPEN, 200),
        (ArticleState.KNOWN, 200),
        (ArticleState.HELD, 404),
        (ArticleState.DROPPED, 404),
    ],
)
def test_only_readable_articles_have_a_page(
    client: FlaskClient, make: Make, state: ArticleState, status: int
) -> None:
    article = make.article(publication=make.publication(), state=state)
    assert client.get(f"/articles/{article.slug}").status_code == status


def test_braces_in_an_article_stay_as_they_are(client: FlaskClient, make: Make) -> None:
    article = make.article(
        publication=make.publication(), title="{{ 7*7 }}", content_html="<p>{% raw %}</p>"
    )
    page = client.get(f"/articles/{article.slug}").text
    assert "{{ 7*7 }}" in page
    assert "{% raw %}" in page


def test_dates_are_those_of_the_publications_zone(client: FlaskClient, make: Make) -> None:
    publication = make.publication(time_zone="Pacific/Auckland")
    article = make.article(publication=publication, published_at=NOW.replace(hour=20))
    assert "3 March 2026" in client.get(f"/articles/{article.slug}").text
