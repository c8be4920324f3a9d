"""Variants: as many renderings as there are different mails, whatever readers chose to get them."""

from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.deliveries.models import Delivery
from newsletter.digests import variants
from newsletter.digests.models import Audience, Variant
from newsletter.digests.render import RenderedDigest
from newsletter.extensions import db
from tests.digests.published import publish
from tests.factories import Make

TOPICS, CHOSEN, ARTICLES, READERS = 12, 8, 20, 60


@pytest.fixture
def renderings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[int, ...]]]:
    """Language and articles of each rendering, whose words do not matter here."""
    found: list[tuple[str, tuple[int, ...]]] = []

    def rendered(*, items: Any, language: str, **_: Any) -> RenderedDigest:
        found.append((language, tuple(article.id for article, _ in items)))
        return RenderedDigest(subject="s", html="h", text="t", treatments=(), shown=0)

    monkeypatch.setattr(variants, "render_digest", rendered)
    return found


def choices(ids: list[int]) -> Iterator[frozenset[int]]:
    """Yield different ways to choose eight topics, some of them more than once."""
    chance = Random(8)
    every = [frozenset(one) for one in combinations(ids, CHOSEN)]
    while True:
        yield chance.choice(every[:READERS])


def test_each_set_of_articles_is_rendered_once_for_each_language(
    make: Make, renderings: list[tuple[str, tuple[int, ...]]]
) -> None:
    home = make.publication()
    topics = [make.topic(publication=home, name=f"Topic {n}") for n in range(TOPICS)]
    touched: dict[int, set[int]] = {}
    for number in range(ARTICLES):
        mine = [topics[number % TOPICS], topics[(5 * number + 3) % TOPICS]]
        article = make.article(publication=home, topics=list(dict.fromkeys(mine)))
        touched[article.id] = {one.id for one in mine}
    wished = choices([one.id for one in topics])
    expected: dict[int, tuple[str, frozenset[int]]] = {}
    groups = set()
    for number in range(READERS):
        wish, language = next(wished), ("en", "uk")[number % 2]
        reader = make.subscription(publication=home, topics=wish, language=language)
        hers = frozenset(one for one, about in touched.items() if about & wish)
        expected[reader.id] = (language, hers)
        groups.add((wish, language))
    digest = publish(home)
    different = set(expected.values())
    assert len(different) < len(groups) < READERS, "the test would show nothing otherwise"
    assert sorted((language, sorted(ids)) for language, ids in renderings) == sorted(
        (language, sorted(ids)) for language, ids in different
    )
    count = sa.select(sa.func.count())
    assert db.session.scalar(count.where(Variant.digest_id == digest.id)) == len(different)
    assert db.session.scalar(count.where(Audience.digest_id == digest.id)) == len(groups)
    rows = db.session.execute(
        sa.select(Delivery.subscription_id, Variant.language, Variant.article_ids).join(
            Variant, Variant.id == Delivery.variant_id
        )
    )
    got = {one: (tongue, frozenset(map(int, ids.split(",")))) for one, tongue, ids in rows}
    assert got == expected, "each reader gets the articles of her topics in her language"


def test_readers_behind_by_an_article_not_of_their_topics_share_the_mail_of_the_others(
    make: Make, renderings: list[tuple[str, tuple[int, ...]]]
) -> None:
    home = make.publication()
    europe, asia = (make.topic(publication=home, name=name) for name in ("Europe", "Asia"))
    make.article(publication=home, topics=[asia])
    make.article(publication=home, topics=[europe])
    for cursor in (0, 1):
        make.subscription(publication=home, topics=frozenset({europe.id}), cursor=cursor)
    publish(home)
    assert len(renderings) == 1


def test_a_mail_of_one_article_points_to_related_ones_and_a_front_page_to_none(
    make: Make,
) -> None:
    home = make.publication()
    sea, land = (make.topic(publication=home, name=name) for name in ("Sea", "Land"))
    make.article(publication=home, topics=[sea], title="Pilots", link="https://a.example.org/1")
    make.article(publication=home, topics=[land], title="Rails", link="https://a.example.org/2")
    make.article(publication=home, topics=[sea], title="Tides", link="https://a.example.org/3")
    make.subscription(publication=home, cursor=2)
    make.subscription(publication=home, cursor=1)
    digest = publish(home)
    found = sa.select(Variant.html, Variant.text).where(Variant.digest_id == digest.id)
    one, front = sorted(db.session.execute(found), key=lambda mail: "Rails" in mail.html)
    for part in one:
        assert part.count("https://a.example.org/1") == 1
        assert "Pilots" in part
        assert "Rails" not in part
    assert "RELATED ARTICLES" in one.text
    assert "Pilots" not in front.html + front.text
