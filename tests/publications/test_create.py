"""Creating a publication: what is stored, and one sentence for each thing that cannot be."""

from datetime import time
from typing import Any

import pytest

from newsletter.extensions import db
from newsletter.publications.check import UnusableDetail, read_hour
from newsletter.publications.create import create_publication
from newsletter.publications.find import (
    all_publications,
    default_publication,
    publication_by_slug,
)
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW


def create(**changes: Any) -> Publication:
    details: dict[str, Any] = {
        "slug": "iria",
        "name": "IRIA News",
        "from_email": "news@example.org",
        "site_url": "https://www.example.org",
        "cadence": Cadence.DAILY,
        "send_at": time(2, 30),
        "time_zone": "Europe/Berlin",
        "now": NOW,
    }
    with unit_of_work():
        return create_publication(**details | changes)


@pytest.mark.usefixtures("app")
class TestCreating:
    def test_the_details_are_stored(self) -> None:
        create(tagline="On peace and security", weekly_day=4)
        found = publication_by_slug("iria")
        assert found is not None
        assert (found.name, found.from_name) == ("IRIA News", "IRIA News")
        assert (found.send_at, found.time_zone) == (time(2, 30), "Europe/Berlin")
        assert found.default_cadence is Cadence.DAILY
        assert (found.tagline, found.weekly_day, found.last_position) == (
            "On peace and security",
            4,
            0,
        )

    def test_the_sender_may_have_another_name(self) -> None:
        assert create(from_name="The desk").from_name == "The desk"

    def test_a_domain_of_other_letters_is_stored_as_servers_read_it(self) -> None:
        assert create(from_email="news@BÜCHER.example").from_email == "news@xn--bcher-kva.example"

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("slug", "IRIA News", "a to z"),
            ("slug", "", "a to z"),
            ("slug", "a" * 65, "64"),
            ("name", " ", "missing"),
            ("name", "IRIA\r\nBcc: all@example.org", "line break"),
            ("name", "N" * 201, "200"),
            ("from_email", "news", "name@domain"),
            ("from_email", "a@example.org,b@example.org", "name@domain"),
            ("from_email", "news@example.org\n", None),
            ("site_url", "www.example.org", "web address"),
            ("site_url", "javascript:alert(1)", "web address"),
            ("site_url", "http://[", "web address"),
            ("time_zone", "Berlin", "Europe/Berlin"),
            ("time_zone", "../../etc/passwd", "time zone"),
            ("weekly_day", 7, "0 to 6"),
            ("monthly_day", 29, "1 to 28"),
            ("accent", "red", "#0B3D6B"),
            ("language", "English please", "code"),
            ("reply_to", "nobody", "name@domain"),
        ],
    )
    def test_a_detail_that_cannot_be_stored_is_named(
        self, field: str, value: object, words: str | None
    ) -> None:
        if words is None:
            assert create(**{field: value}).from_email == "news@example.org"
            return
        with pytest.raises(UnusableDetail) as refusal:
            create(**{field: value})
        assert refusal.value.field == field
        assert words in str(refusal.value)
        assert all_publications() == []

    def test_a_slug_is_given_once(self) -> None:
        create()
        with pytest.raises(UnusableDetail, match="already a publication called iria"):
            create(name="Another")

    def test_the_first_created_is_the_default(self) -> None:
        assert default_publication() is None
        first = create()
        create(slug="second")
        found = default_publication()
        assert found is not None
        assert found.id == first.id
        assert [one.slug for one in all_publications()] == ["iria", "second"]
        assert publication_by_slug("third") is None
        assert db.session.query(Publication).count() == 2


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("8", time(8)),
        ("08", time(8)),
        ("02:30", time(2, 30)),
        (" 0 ", time(0)),
        ("23:59", time(23, 59)),
    ],
)
def test_an_hour_is_read(text: str, hour: time) -> None:
    assert read_hour(text) == hour


@pytest.mark.parametrize("text", ["24", "8:60", "8 pm", "", "8:5", "-1", "٨٨"])
def test_an_hour_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UnusableDetail, match="expected 0 to 23"):
        read_hour(text)
