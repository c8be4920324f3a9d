"""Topics: one per name, whatever its case, in any script."""

import re

import pytest

from newsletter.publications.topics import topic_slug, topics_named
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make, reload


def test_a_slug_is_readable() -> None:
    assert topic_slug("Middle East") == "middle-east"
    assert topic_slug(" MIDDLE  east ") == "middle-east"


@pytest.mark.parametrize("name", ["Европа", "国际", "Новости EU", "🙂", "x" * 500])
def test_any_name_gives_a_slug_of_plain_letters(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]{1,200}", topic_slug(name))


def test_names_of_another_script_stay_apart() -> None:
    assert topic_slug("Европа") != topic_slug("Африка")
    assert topic_slug("Новости EU") != topic_slug("EU")
    assert topic_slug("Европа") == topic_slug("европа")


def test_missing_topics_are_created_and_not_offered(make: Make) -> None:
    publication = make.publication()
    make.topic(publication=publication, name="Europe")
    with unit_of_work():
        topics = topics_named(publication, ["Asia", "EUROPE", "asia", " ", "Asia"])
        assert [(topic.name, topic.offered) for topic in topics] == [
            ("Asia", False),
            ("Europe", True),
        ]
    assert [topic.name for topic in reload(publication).topics] == ["Asia", "Europe"]


def test_topics_of_another_publication_are_not_taken(make: Make) -> None:
    one, other = make.publication(), make.publication()
    make.topic(publication=other, name="Europe")
    with unit_of_work():
        (topic,) = topics_named(one, ["Europe"])
        assert topic.publication_id == one.id


def test_no_names_give_no_topics(make: Make) -> None:
    publication = make.publication()
    with unit_of_work():
        assert topics_named(publication, []) == []
