"""Changing a publication and its topics."""

from datetime import time

import pytest

from newsletter.publications.change import (
    DETAILS,
    UnusableDetails,
    change_publication,
    change_topic,
)
from newsletter.publications.check import UnusableDetail
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make, reload

GOOD = {
    "draft_lead_minutes": "90",
    "name": "The Harbour Letter",
    "tagline": "Ports and people",
    "about": "First line.\r\nSecond line.",
    "site_url": "https://harbour.example.org",
    "language": "de",
    "languages": "uk, en",
    "welcome": "off",
    "from_name": "The Harbour",
    "from_email": "letter@example.org",
    "reply_to": "",
    "contact_email": "desk@example.org",
    "postal_address": "1 Quay",
    "copyright_line": "© The Harbour",
    "accent": "#112233",
    "logo": "/static/logo.png",
    "default_cadence": "monthly",
    "time_zone": "Europe/Berlin",
    "send_at": "06:30",
    "weekly_day": "4",
    "monthly_day": "28",
    "late_articles": "hold",
    "back_dated_articles": "ignore",
    "future_articles": "include",
    "disposable_addresses": "refuse",
    "traces_days": "0",
    "counts_clicks": "on",
    "counts_opens": "on",
    "ask_after_months": "12",
    "ends_unanswered": "on",
}


def change(publication: Publication, **typed: str) -> list[str]:
    with unit_of_work():
        return change_publication(publication=publication, typed=typed)


def test_every_detail_can_be_changed(make: Make) -> None:
    paper = make.publication(reply_to="old@example.org")
    assert set(change(paper, **GOOD)) == set(DETAILS) == set(GOOD)
    stored = reload(paper)
    assert stored.send_at == time(6, 30)
    assert stored.default_cadence is Cadence.MONTHLY
    assert stored.about == "First line.\nSecond line."
    assert (stored.weekly_day, stored.monthly_day, stored.reply_to) == (4, 28, "")


def test_the_same_again_changes_nothing(make: Make) -> None:
    paper = make.publication()
    change(paper, **GOOD)
    assert change(paper, **GOOD) == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", "  "),
        ("name", "Two\nlines"),
        ("site_url", "javascript:alert(1)"),
        ("language", "german!"),
        ("from_name", ""),
        ("from_email", ""),
        ("from_email", "a@example.org, b@example.org"),
        ("reply_to", "nobody"),
        ("contact_email", "x@y@example.org"),
        ("copyright_line", "x" * 301),
        ("accent", "blue"),
        ("default_cadence", "hourly"),
        ("time_zone", "Berlin"),
        ("send_at", "25:00"),
        ("weekly_day", "7"),
        ("monthly_day", "31"),
        ("monthly_day", "first"),
    ],
)
def test_an_unusable_value_is_told_at_its_field(make: Make, field: str, typed: str) -> None:
    with pytest.raises(UnusableDetails) as refusal:
        change(make.publication(), **GOOD | {field: typed})
    assert list(refusal.value.problems) == [field]


def test_one_unusable_value_stores_none_of_them(make: Make) -> None:
    paper = make.publication(name="Before")
    with pytest.raises(UnusableDetails) as refusal:
        change(paper, name="After", send_at="late", accent="red")
    assert set(refusal.value.problems) == {"send_at", "accent"}
    assert reload(paper).name == "Before"


def test_characters_that_no_database_keeps_are_left_out(make: Make) -> None:
    paper = make.publication()
    change(paper, about="One\x00\n\nTwo\x07")
    assert reload(paper).about == "One\n\nTwo"


def test_a_topic_keeps_its_slug_when_it_is_renamed(make: Make) -> None:
    topic = make.topic(publication=make.publication(), name="Europe", slug="europe")
    with unit_of_work():
        assert change_topic(topic=topic, name=" The Continent ", offered=False)
    stored = reload(topic)
    assert (stored.name, stored.slug, stored.offered) == ("The Continent", "europe", False)


def test_a_topic_needs_a_name(make: Make) -> None:
    topic = make.topic(publication=make.publication())
    with pytest.raises(UnusableDetail), unit_of_work():
        change_topic(topic=topic, name=" ", offered=True)
