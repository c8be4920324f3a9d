"""Pictures as browsers and mail programs load them."""

import pytest
from flask.testing import FlaskClient

from newsletter.articles.picture_folder import keep
from newsletter.articles.picture_making import make_picture
from newsletter.config import settings
from tests.articles.bitmaps import drawn, jpeg, octets


@pytest.mark.parametrize(
    ("content", "kind"),
    [(jpeg(), "image/jpeg"), (octets(drawn(300, 200, mode="P"), "PNG"), "image/png")],
)
def test_a_picture_is_kept_by_browsers_for_good(
    client: FlaskClient, content: bytes, kind: str
) -> None:
    made = make_picture(content)
    name = keep(made, folder=settings.picture_folder)
    answer = client.get(f"/pictures/{name}")
    assert (answer.status_code, answer.data, answer.content_type) == (200, made.content, kind)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    tag = answer.headers["ETag"]
    assert client.get(f"/pictures/{name}", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "name",
    ["a" * 64 + ".jpg", "a" * 64 + ".svg", "A" * 64 + ".jpg", "..%2f..%2fnewsletter.sqlite3", "x"],
)
def test_other_names_lead_nowhere(client: FlaskClient, name: str) -> None:
    assert client.get(f"/pictures/{name}").status_code == 404


def test_the_same_picture_is_kept_once(client: FlaskClient) -> None:
    first = keep(make_picture(jpeg()), folder=settings.picture_folder)
    assert keep(make_picture(jpeg()), folder=settings.picture_folder) == first
    kept = [path.name for path in (settings.picture_folder / first[:2]).iterdir()]
    assert kept.count(first) == 1
    assert all(name.endswith((".jpg", ".png")) for name in kept)
