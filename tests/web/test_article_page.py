"""The page of an article: all that the publisher gave it, and nothing that was held back."""

import pytest
from flask.testing import FlaskClient

from newsletter.articles.models import ArticleState
from tests.factories import Make, article_picture


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
        "March 2, 2026",
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


def test_an_article_without_a_page_of_its_publishers_is_its_own_original(
    client: FlaskClient, make: Make
) -> None:
    article = make.article(publication=make.publication(), link="")
    page = client.get(f"/articles/{article.slug}").text
    assert f'<link rel="canonical" href="http://localhost/articles/{article.slug}">' in page


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("en", ">March 2, 2026<"),
        ("en-GB", ">2 March 2026<"),
        ("de", ' lang="de">2. März 2026<'),
        ("fr-CA", ' lang="fr-CA">2 mars 2026<'),
    ],
)
def test_dates_are_written_as_the_publications_language_does(
    client: FlaskClient, make: Make, language: str, day: str
) -> None:
    article = make.article(publication=make.publication(language=language))
    page = client.get(f"/articles/{article.slug}").text
    assert f'<time datetime="2026-03-02T09:00:00+00:00"{day}/time>' in page


def test_an_article_is_laid_out_from_the_side_its_title_is_read_from(
    client: FlaskClient, make: Make
) -> None:
    publication = make.publication()
    article = make.article(publication=publication, title="« السلام », 2026", language="ar")
    digest = make.digest(publication=publication, articles=[article])
    page = client.get(f"/articles/{article.slug}").text
    assert '<article class="article" dir="rtl">' in page
    assert '<h1 lang="ar">' in page
    assert '<div class="article-body" lang="ar">' in page
    assert (
        '<article class="story story-lead" dir="rtl">' in client.get(f"/archive/{digest.slug}").text
    )
    other = make.article(publication=publication, title="Salam: السلام")
    assert '<article class="article" dir="ltr">' in client.get(f"/articles/{other.slug}").text
