"""Pictures for shared addresses."""

import io
import re

import pytest
from flask.testing import FlaskClient
from PIL import Image

from newsletter.articles.models import ArticleState
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make

PICTURE = re.compile(r'<meta property="og:image" content="http://localhost(/share/[^"]+\.png)">')


def picture_in(client: FlaskClient, path: str) -> str:
    found = PICTURE.search(client.get(path).text)
    assert found, path
    return found[1]


def test_every_page_worth_sharing_names_a_picture_that_may_be_kept_for_good(
    client: FlaskClient, make: Make
) -> None:
    publication = make.publication(tagline="What the ships carry")
    topic = make.topic(publication=publication, name="Sea")
    article = make.article(publication=publication, topics=[topic])
    digest = make.digest(publication=publication, articles=[article])
    paths = (
        "/",
        "/archive/",
        f"/archive/{digest.slug}",
        f"/articles/{article.slug}",
        "/topics/",
        "/topics/sea",
    )
    for path in paths:
        page = client.get(path).text
        assert '<meta name="twitter:card" content="summary_large_image">' in page
        for name in ("type", "title", "url", "site_name", "image:alt"):
            assert f'<meta property="og:{name}" content="' in page, (path, name)
        answer = client.get(picture_in(client, path))
        assert answer.status_code == 200
        assert answer.mimetype == "image/png"
        assert {"public", "immutable", "max-age=31536000"} <= set(
            answer.headers["Cache-Control"].split(", ")
        )
        with Image.open(io.BytesIO(answer.data)) as image:
            assert image.size == (1200, 630)
        again = client.get(
            picture_in(client, path), headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert again.status_code == 304


def test_another_title_gives_another_address_and_the_old_one_leads_there(
    client: FlaskClient, make: Make
) -> None:
    article = make.article(publication=make.publication(), title="Before")
    path = f"/articles/{article.slug}"
    before = picture_in(client, path)
    with unit_of_work():
        db.session.merge(article).title = "After"
    after = picture_in(client, path)
    assert after != before
    answer = client.get(before)
    assert (answer.status_code, answer.location) == (302, f"http://localhost{after}")


@pytest.mark.parametrize("state", [ArticleState.HELD, ArticleState.DROPPED])
def test_what_has_no_page_has_no_picture(
    client: FlaskClient, make: Make, state: ArticleState
) -> None:
    article = make.article(publication=make.publication(), state=state)
    assert client.get(f"/share/articles/{article.slug}/0.png").status_code == 404
    assert client.get("/share/digests/none/0.png").status_code == 404
    assert client.get("/share/publications/none/0.png").status_code == 404


def test_one_network_cannot_keep_us_drawing(client: FlaskClient, make: Make) -> None:
    path = f"/share/publications/{make.publication().slug}/0.png"
    far = {"REMOTE_ADDR": "203.0.113.9"}
    statuses = [client.get(path, environ_base=far).status_code for _ in range(61)]
    assert statuses == [302] * 60 + [429]
