"""A fan-out that dies, runs late or is overtaken by readers ends with the same rows."""

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.deliveries import fan_out as fan_out_module
from newsletter.deliveries import fan_out_slices
from newsletter.deliveries.control import cancel_digest
from newsletter.deliveries.fan_out import fan_out
from newsletter.deliveries.fan_out_finish import FanOutDiffers
from newsletter.digests.models import Audience, Digest, DigestState, Variant
from newsletter.digests.publish import freeze
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.models import Subscription
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, batch_ids
from tests.deliveries.fanning_out import article as article
from tests.deliveries.fanning_out import deliveries
from tests.deliveries.fanning_out import home as home
from tests.factories import NOW, Make, reload


def test_a_fan_out_that_died_between_slices_ends_with_the_same_rows(
    make: Make,
    home: Publication,
    article: Article,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readers = [make.subscription(publication=home) for _ in range(7)]
    monkeypatch.setattr(fan_out_slices, "BATCH_SIZE", 1)
    real_slices = fan_out_module.deliver_slices
    calls = iter(range(100))

    def dying(digest_id: int, **where: int) -> int | None:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return real_slices(digest_id, **where)  # type: ignore[arg-type]

    monkeypatch.setattr(fan_out_module, "deliver_slices", dying)
    with pytest.raises(KeyboardInterrupt):
        publish(home)
    digest = db.session.scalars(sa.select(Digest)).one()
    assert 0 < len(deliveries(digest)) < 7
    assert digest.fanned_out_at is None, "no mail may leave yet"
    assert fan_out(digest_id=digest.id, now=NOW) == 7
    assert sorted(one.subscription_id for one in deliveries(digest)) == [one.id for one in readers]
    assert len(batch_ids(digest)) == 7


def test_a_reader_whose_topics_change_during_the_fan_out_is_not_forgotten(
    make: Make,
    home: Publication,
    article: Article,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    topic = make.topic(publication=home)
    reader = make.subscription(publication=home)
    real_store = fan_out_module.store_groups
    changed: list[bool] = []

    def store_then_change(**groups: object) -> None:
        real_store(**groups)  # type: ignore[arg-type]
        if not changed:
            changed.append(True)
            row = db.session.get_one(Subscription, reader.id)
            row.topics = frozenset({topic.id})

    monkeypatch.setattr(fan_out_module, "store_groups", store_then_change)
    digest = publish(home)
    (delivery,) = deliveries(digest)
    assert delivery.reason == "nothing_new"


def test_a_fan_out_that_gets_nowhere_ends_and_says_so(
    make: Make, home: Publication, article: Article, publish: Publish
) -> None:
    topics = [make.topic(publication=home, name=name) for name in ("Europe", "Asia")]
    reader = make.subscription(publication=home)
    with unit_of_work() as session:  # by another program, in an order that no audience has
        wrong = f"{topics[1].id},{topics[0].id}"
        session.execute(
            sa.text("UPDATE subscriptions SET topics = :wrong WHERE id = :id"),
            {"wrong": wrong, "id": reader.id},
        )
    with pytest.raises(FanOutDiffers):
        publish(home)
    digest = db.session.scalars(sa.select(Digest)).one()
    assert digest.fanned_out_at is None


def test_readers_whom_no_slice_reaches_end_a_fan_out_too(
    make: Make,
    home: Publication,
    article: Article,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make.subscription(publication=home)
    monkeypatch.setattr(fan_out_module, "deliver_slices", lambda *_, **__: None)
    with pytest.raises(FanOutDiffers):
        publish(home)


def test_a_digest_that_is_cancelled_while_it_is_rendered_is_rendered_no_further(
    make: Make,
    home: Publication,
    article: Article,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(3):
        topic = make.topic(publication=home, name=f"Topic {number}")
        make.subscription(publication=home, topics=frozenset({topic.id}))
    monkeypatch.setattr(fan_out_module, "GROUPS_AT_ONCE", 1)
    real_store = fan_out_module.store_groups

    def store_and_cancel(*, digest: Digest, rendered: list[object]) -> None:
        real_store(digest=digest, rendered=rendered)  # type: ignore[arg-type]
        cancel_digest(digest=digest, reason="a wrong headline", now=NOW)

    monkeypatch.setattr(fan_out_module, "store_groups", store_and_cancel)
    digest = publish(home)
    count = sa.select(sa.func.count()).where(Audience.digest_id == digest.id)
    assert db.session.scalar(count) == 1
    assert (reload(digest).state, deliveries(digest)) == (DigestState.CANCELLED, [])


def test_an_edit_between_freezing_and_fan_out_is_not_in_it(
    make: Make, home: Publication, article: Article
) -> None:
    topic = make.topic(publication=home)
    with unit_of_work() as session:
        session.get_one(Article, article.id).topics = [session.merge(topic)]
    excerpt = article.excerpt
    other = make.article(publication=home, title="Untouched")
    make.subscription(publication=home)
    with unit_of_work():
        digest = draft_by_hand(publication_id=home.id, cadence=Cadence.DAILY, now=NOW)
        send_now(digest=digest)
    with unit_of_work():
        freeze(digest_id=digest.id, now=NOW)
    with unit_of_work() as session:
        edited = session.get_one(Article, article.id)
        edited.title, edited.excerpt = "Edited a moment later", "Edited."
    fan_out(digest_id=digest.id, now=NOW)
    (variant,) = db.session.scalars(sa.select(Variant).where(Variant.digest_id == digest.id))
    assert "Edited" not in variant.text + variant.html + variant.subject
    assert {excerpt, other.title, "EUROPE"} <= set(variant.text.splitlines())
    assert reload(article).title == "Edited a moment later"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Article)) == 2
