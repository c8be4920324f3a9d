"""Whom a correction reaches: those who were mailed other words, each once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.articles.models import Article
from newsletter.deliveries.correction_readers import expect_correction
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.digests.correction import NoCorrection, freeze_correction
from newsletter.digests.models import Digest, DigestState, Variant
from newsletter.digests.revisions import edit_of
from newsletter.digests.start import send_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.models import Subscription, SubscriptionState
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppress
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish, states
from tests.deliveries.correcting import LATER, Correct, draft, edit, reached, send_all
from tests.deliveries.correcting import article as article
from tests.deliveries.correcting import correct as correct
from tests.deliveries.correcting import home as home
from tests.factories import NOW, Make, reload


def test_it_goes_to_exactly_those_who_were_sent_the_article(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    europe, asia = (make.topic(publication=home, name=name) for name in ("Europe", "Asia"))
    with unit_of_work() as session:
        session.get_one(Article, article.id).topics = [session.merge(europe)]
    make.article(publication=home, title="Bridges", topics=[asia])
    every = make.subscription(publication=home)
    german = make.subscription(publication=home, topics=frozenset({europe.id}), language="de")
    make.subscription(publication=home, topics=frozenset({asia.id}))  # was not sent it
    make.subscription(publication=home, cadence=Cadence.WEEKLY)  # it waits for her digest
    left = make.subscription(publication=home)
    silenced = make.subscription(publication=home, email="silenced@example.org")
    failed = make.subscription(publication=home)
    send_all(publish(home))
    with unit_of_work() as session:
        session.get_one(Subscription, left.id).state = SubscriptionState.UNSUBSCRIBED
        suppress(address="silenced@example.org", reason=SuppressionReason.COMPLAINT, now=NOW)
        session.execute(
            sa.update(Delivery)
            .where(Delivery.subscription_id == failed.id)
            .values(state=DeliveryState.FAILED)
        )
    assert silenced.id
    edited = edit(article)
    assert expect_correction(article=edited, now=LATER).mailed == 2
    digest = correct(article)
    assert reached(digest) == {every.id, german.id}
    assert (reload(digest).candidates, digest.state) == (2, DigestState.SENDING)
    variants = db.session.scalars(sa.select(Variant).where(Variant.digest_id == digest.id)).all()
    assert {one.language for one in variants} == {every.language, "de"}


def test_nobody_is_corrected_twice_and_a_second_edit_reaches_all_again(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    daily = make.subscription(publication=home)
    weekly = make.subscription(publication=home, cadence=Cadence.WEEKLY)
    send_all(publish(home))
    edit(article)
    first = correct(article)
    send_all(first, now=LATER)
    assert reached(first) == {daily.id}
    send_all(publish(home, Cadence.WEEKLY, LATER + timedelta(minutes=1)))
    assert expect_correction(article=reload(article), now=LATER).mailed == 0
    with pytest.raises(NoCorrection, match="not been edited since"):
        draft(article)
    edit(article, "<p>Thirteen ships.</p>")
    second = correct(article, now=LATER + timedelta(hours=1))
    assert reached(second) == {daily.id, weekly.id}


def test_those_who_have_the_edited_words_already_get_none(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    daily = make.subscription(publication=home)
    make.subscription(publication=home, cadence=Cadence.WEEKLY)
    send_all(publish(home))
    edit(article)
    send_all(publish(home, Cadence.WEEKLY, NOW + timedelta(hours=1)))
    assert reached(correct(article)) == {daily.id}


def test_an_edit_after_its_freezing_changes_neither_words_nor_readers(
    make: Make, home: Publication, article: Article, publish: Publish
) -> None:
    daily = make.subscription(publication=home)
    make.subscription(publication=home, cadence=Cadence.WEEKLY)
    send_all(publish(home))
    edit(article)
    send_all(publish(home, Cadence.WEEKLY, NOW + timedelta(hours=1)))
    digest = draft(article)
    with unit_of_work():
        send_now(digest=digest)
        freeze_correction(digest_id=digest.id, now=LATER)
    edit(article, "<p>Thirteen ships.</p>")
    assert publish_digest(digest_id=digest.id, now=LATER) == 1
    assert reached(digest) == {daily.id}
    (variant,) = db.session.scalars(sa.select(Variant).where(Variant.digest_id == digest.id))
    assert "Twelve ships." in variant.text
    assert expect_correction(article=reload(article), now=LATER).mailed == 2  # of the next one


def test_a_reader_who_pauses_is_skipped_and_counted(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    reader = make.subscription(publication=home)
    send_all(publish(home))
    with unit_of_work() as session:
        session.get_one(Subscription, reader.id).paused_until = LATER + timedelta(days=9)
    edited = edit(article)
    expected = expect_correction(article=edited, now=LATER)
    assert (expected.mailed, expected.left_out) == (0, 1)
    digest = correct(article)
    assert send_all(digest, now=LATER).sent == []
    assert states(digest) == {DeliveryState.SKIPPED: 1}


def test_without_readers_it_is_sent_to_nobody(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    reader = make.subscription(publication=home)
    send_all(publish(home))
    with unit_of_work() as session:
        session.get_one(Subscription, reader.id).state = SubscriptionState.UNSUBSCRIBED
    edit(article)
    digest = correct(article)
    assert (reload(digest).state, digest.candidates) == (DigestState.SENT, 0)


def test_who_still_waited_for_the_older_words_is_corrected_by_another(
    make: Make, home: Publication, article: Article, publish: Publish, correct: Correct
) -> None:
    early, late = (make.subscription(publication=home) for _ in range(2))
    outdated = publish(home)

    def set_state(subscription_id: int, state: DeliveryState) -> None:
        hers = Delivery.subscription_id == subscription_id
        with unit_of_work() as session:
            session.execute(sa.update(Delivery).where(hers).values(state=state))

    early_id, late_id = early.id, late.id
    set_state(early_id, DeliveryState.SENT)
    edited = edit(article)
    first = correct(article)
    assert reached(first) == {early_id}
    send_all(first, now=LATER)
    assert edit_of(reload(edited)) is not None
    set_state(late_id, DeliveryState.SENT)
    with unit_of_work() as session:
        mine = session.get_one(Digest, outdated.id)
        mine.state, mine.finished_at = DigestState.SENT, LATER + timedelta(minutes=5)
    second = correct(article, now=LATER + timedelta(minutes=10))
    assert reached(second) == {late_id}
    send_all(second, now=LATER + timedelta(minutes=11))
    assert edit_of(reload(edited)) is None
