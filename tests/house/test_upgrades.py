"""A database with data in it goes up to the newest migration, and back, without losing any."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade

from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.digests.models import Digest, DigestState
from newsletter.extensions import db
from newsletter.publications.models import Cadence, DisposablePolicy, Publication
from newsletter.subscriptions.models import (
    AddressChange,
    ConsentEvent,
    ConsentStep,
    ConsentWording,
    LetterKind,
    Source,
    Subscription,
)
from newsletter.suppressions.models import Suppression, SuppressionReason
from newsletter.suppressions.suppress import hash_address
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish
from tests.deliveries.conftest import publish as publish
from tests.factories import NOW, Make

#: The last migration before readers could undo, mail came back and drafts were made ahead.
BEFORE = "0011"

#: What became of the three deliveries.
BACK = (DeliveryState.BOUNCED, DeliveryState.COMPLAINED, DeliveryState.QUEUED)


def _columns() -> dict[str, list[str]]:
    """Return the names of the columns of every table but Alembic's own."""
    tables = sa.MetaData()
    with db.engine.connect() as connection:
        tables.reflect(connection)
    return {
        table.name: sorted(column.name for column in table.c)
        for table in tables.sorted_tables
        if table.name != "alembic_version"
    }


def _rows(columns: dict[str, list[str]]) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of these tables, with these of its columns."""
    tables = sa.MetaData()
    with db.engine.connect() as connection:
        tables.reflect(connection)
        found = {}
        for name, wanted in columns.items():
            rows = connection.execute(sa.select(*(tables.tables[name].c[one] for one in wanted)))
            found[name] = sorted((tuple(row) for row in rows), key=repr)
    return found


def _values(table: str, column: str) -> list[object]:
    """Return a column as the database has it, whatever the models know."""
    name = sa.column(column)
    with db.engine.connect() as connection:
        return list(connection.scalars(sa.select(name).select_from(sa.table(table)).order_by(name)))


def _up_from(revision: str) -> None:
    db.session.remove()
    downgrade(revision=revision)
    upgrade()


def _store(*rows: object) -> None:
    with unit_of_work() as session:
        session.add_all(rows)


def _step(
    subscription: Subscription, *, step: ConsentStep, source: Source = Source.PAGE, **more: object
) -> ConsentEvent:
    fields = {"step": step, "source": source, "at": NOW} | more
    return ConsentEvent(subscription_id=subscription.id, **fields)


@pytest.fixture
def home(app: Flask, make: Make, publish: Publish) -> Publication:
    """A publication of three readers, each with two letters, and a digest on its way to them."""
    home = make.publication()
    make.feed(publication=home)
    make.article(publication=home)
    for number in range(3):
        subscription = make.subscription(publication=home, email=f"Reader{number}@example.org")
        make.letter(subscription=subscription)
        make.letter(subscription=subscription, kind=LetterKind.ALREADY_CONFIRMED)
    publish(home)
    return home


@pytest.mark.parametrize("revision", ["0001", BEFORE])
def test_an_upgrade_keeps_every_row(home: Publication, make: Make, revision: str) -> None:
    make.digest(publication=home, slot=NOW + timedelta(days=1), state=DigestState.DRAFT)
    make.digest(publication=home, cadence=Cadence.WEEKLY)
    _store(Suppression(address_hash="a", reason=SuppressionReason.MANUAL, created_at=NOW))
    db.session.remove()
    downgrade(revision=revision)
    columns = _columns()
    before = _rows(columns)
    upgrade()
    assert len(before["deliveries"]) == 3
    assert len(before["letters"]) == 6
    assert len(before["digests"]) == 3
    assert _rows(columns) == before


def test_an_upgrade_changes_nothing_that_readers_or_staff_would_notice(home: Publication) -> None:
    _up_from(BEFORE)
    found = db.session.scalars(sa.select(Publication)).one()
    assert found.offered_languages == ["en"]
    assert found.disposable_addresses is DisposablePolicy.WARN
    assert (found.welcome, found.counts_clicks) == (True, False)
    assert (found.counts_opens, found.ask_after_months, found.ends_unanswered) == (False, 0, False)
    assert (found.draft_lead_minutes, found.traces_days) == (0, 30)


def test_digests_of_the_clock_count_as_started_and_those_of_staff_do_not(
    home: Publication, make: Make
) -> None:
    make.digest(publication=home)
    _up_from(BEFORE)
    found = db.session.execute(sa.select(Digest.by_hand, Digest.started_at))
    assert {by_hand: started_at for by_hand, started_at in found} == {True: None, False: NOW}


def test_staff_are_still_to_be_told_of_a_draft_made_before_its_moment_got_its_name(
    home: Publication, make: Make
) -> None:
    slot = NOW + timedelta(days=1)
    make.digest(publication=home, slot=slot, state=DigestState.DRAFT, tell_draft_at=NOW)
    _up_from("0020")
    found = db.session.scalars(sa.select(Digest).where(Digest.slot == slot)).one()
    assert (found.tell_draft_at, found.tell_pause_at) == (NOW, None)


def test_suppressions_learn_the_addresses_of_readers_whom_we_know(home: Publication) -> None:
    known, erased = (hash_address(f"reader{number}@example.org") for number in range(2))
    why = SuppressionReason
    _store(
        Suppression(address_hash=known, reason=why.MANUAL, created_at=NOW),
        Suppression(address_hash=erased, reason=why.ERASED, created_at=NOW),
        Suppression(address_hash="of nobody here", reason=why.COMPLAINT, created_at=NOW),
    )
    _up_from(BEFORE)
    assert _values("suppressions", "address_key") == ["", "", "reader0@example.org"]


def test_wordings_are_numbered_by_the_consents_given_to_them(home: Publication) -> None:
    first = db.session.scalars(sa.select(Subscription)).first()
    assert first is not None
    wordings = [
        ConsentWording(language="en", text=text, sha256=text, created_at=NOW)
        for text in ("one", "two", "given by nobody")
    ]
    _store(*wordings)
    _store(*(_step(first, step=ConsentStep.SIGNED_UP, wording_id=one.id) for one in wordings[:2]))
    publication_id = home.id
    _up_from(BEFORE)
    found = db.session.scalars(sa.select(ConsentWording).order_by(ConsentWording.id))
    assert [(one.publication_id, one.version) for one in found] == [
        (publication_id, 1),
        (publication_id, 2),
        (None, 1),
    ]


def test_a_downgrade_leaves_only_words_that_were_known_then(home: Publication, make: Make) -> None:
    subscription = db.session.scalars(sa.select(Subscription)).first()
    assert subscription is not None
    change = AddressChange(
        subscription_id=subscription.id, old_email="a", new_email="b", asked_at=NOW
    )
    _store(change)
    for kind in set(LetterKind) - {LetterKind.CONFIRMATION, LetterKind.ALREADY_CONFIRMED}:
        make.letter(subscription=subscription, kind=kind, address_change_id=change.id)
    _store(
        _step(subscription, step=ConsentStep.CAME_BACK),
        _step(subscription, step=ConsentStep.ADDRESS_CHANGED, detail="to another"),
        _step(subscription, step=ConsentStep.UNSUBSCRIBED, source=Source.MAIL),
        _step(subscription, step=ConsentStep.UNSUBSCRIBED, source=Source.COMPLAINT),
        _step(subscription, step=ConsentStep.OPENS_ALLOWED),
        _step(subscription, step=ConsentStep.UNSUBSCRIBED, source=Source.SILENCE),
    )
    with unit_of_work() as session:
        for delivery, state in zip(session.scalars(sa.select(Delivery)), BACK, strict=True):
            delivery.state = state
    make.digest(publication=home, state=DigestState.DRAFT, drafted_upto=1, slug="ahead")
    db.session.remove()
    downgrade(revision=BEFORE)
    assert set(_values("letters", "kind")) == {"confirmation", "already_confirmed"}
    assert len(_values("letters", "kind")) == 6
    assert _values("consent_events", "step") == [
        "confirmed",
        "preferences_changed",
        "preferences_changed",
        "unsubscribed",
        "unsubscribed",
        "unsubscribed",
    ]
    assert set(_values("consent_events", "source")) == {"page", "staff"}
    assert {"opens_allowed", "after silence"} <= set(_values("consent_events", "detail"))
    assert "by a complaint" in _values("consent_events", "detail")
    assert _values("deliveries", "state") == ["queued", "sent", "sent"]
    assert "draft" not in _values("digests", "state")
    upgrade()
    assert _values("subscriptions", "state") == ["confirmed"] * 3
