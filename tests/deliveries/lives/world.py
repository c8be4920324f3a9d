"""The world: time passes and people act, through the operations that the doors call."""

from collections.abc import Iterable
from datetime import time, timedelta

import sqlalchemy as sa

from newsletter.deliveries.fan_out import fan_out
from newsletter.deliveries.finish import finish_digest
from newsletter.deliveries.models import Batch, BatchState, Delivery, DeliveryState
from newsletter.deliveries.recipients import due_recipients
from newsletter.digests.choices import choices_of
from newsletter.digests.models import Digest, DigestState, Variant
from newsletter.digests.publish import freeze
from newsletter.digests.start import draft_by_hand, send_now, start_due
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import CLOCK_CADENCES, Hours
from newsletter.subscriptions.models import ReaderHours
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.lives.article_acts import ArticleActs
from tests.deliveries.lives.draft_acts import DraftActs
from tests.deliveries.lives.oracle import Started
from tests.deliveries.lives.page_acts import PageActs
from tests.deliveries.lives.reader_acts import ReaderActs

#: The scheduler looks this often, late by up to as much, so that people act in between.
LOOK = timedelta(hours=5, minutes=37)


class World(ReaderActs, ArticleActs, PageActs, DraftActs):
    """One publication with its readers, and the oracle that is told what they do."""

    def move_hours(self, hours: Hours) -> None:
        """Staff move the publication's hours."""
        with unit_of_work() as session:
            home = session.get_one(Publication, self.home)
            home.send_at, home.time_zone = hours.send_at, hours.time_zone
        self.oracle.home = None

    def send_by_hand(self, cadence: Cadence) -> None:
        """Staff send what readers of a cadence would get now; never at a slot's very moment."""
        self.now += self.moment
        with unit_of_work():
            draft = draft_by_hand(publication_id=self.home, cadence=cadence, now=self.now)
        self._note_started([draft])
        with unit_of_work():
            send_now(digest=draft)

    def wait(self, *, hours: int, outage: bool, lazy: bool) -> None:
        """Let time pass while the scheduler looks, or does not; workers may be behind."""
        end = self.now + timedelta(hours=hours)
        while self.now < end:
            self.now = min(self.now + LOOK, end)
            if not outage:
                self.look()
                if not lazy:
                    self.work()

    def look(self) -> None:
        """The scheduler looks whether anything is due, and must not overlook anybody's hour."""
        self.release_found_pages()
        with unit_of_work():
            started = start_due(publication_id=self.home, now=self.now)
        self._note_started(started)
        if self.now - self.looked > LOOK + timedelta(minutes=1):
            self.oracle.lose_count()
        else:
            for number in self.readers:
                self._ask_that_nobody_was_overlooked(number)
        self.looked, self.held = self.now, set()
        self.draft()

    def work(self) -> None:
        """Workers publish and send all that waits."""
        while self.unpublished:
            self.publish_one(len(self.unpublished) - 1)
        self.send_all()

    def publish_one(self, which: int) -> None:
        """A worker publishes one digest; the real thing must do what the oracle foretells."""
        digest = self.unpublished.pop(which % len(self.unpublished))
        self.hold_gone_pages(digest)
        with unit_of_work():
            state = freeze(digest_id=digest.id, now=self.now)
        if state is DigestState.CANCELLED:
            assert not self.oracle.would_get(digest, self.now), f"{digest} was owed to somebody"
            return
        foretold = self.oracle.consider(digest, self.now)
        fan_out(digest_id=digest.id, now=self.now)
        assert self._queued(digest) == foretold, str(digest)
        self.unsent.append((digest, foretold))

    def send_all(self) -> None:
        """Workers send: whoever left or paused in the meantime is skipped."""
        for digest, foretold in self.unsent:
            db.session.rollback()
            for batch in db.session.scalars(sa.select(Batch).where(Batch.digest_id == digest.id)):
                for to in due_recipients(batch_id=batch.id, now=self.now, limit=100):
                    articles = foretold.pop(to.subscription_id)
                    if to.reason_to_skip:
                        self.oracle.miss(to.subscription_id, articles, to.reason_to_skip)
                    else:
                        self.oracle.receive(to.subscription_id, articles, digest)
            assert not foretold, f"{digest} forgot {foretold}"
            self._mark_done(digest)
        self.unsent = []

    def settle(self) -> dict[str, int]:
        """Let everybody want a daily digest at the publication's hour, and have all served."""
        for number in range(len(self.readers)):
            self.release_from_pause(number)
        self.work()
        self.release_all_drafts()
        self.work()
        for _ in range(4):
            self.wait(hours=24, outage=False, lazy=False)
        return self.oracle.settle()

    def release_from_pause(self, number: int) -> None:
        """Bring one reader to where nothing keeps her mail back."""
        reader = self._reader(number)
        topics = frozenset(n for n, one in enumerate(self.topics) if one.id in reader.topics)
        self.resume(number)
        self.prefer(number, Cadence.DAILY, topics)
        self.choose_hours(number, None)

    # Within

    def _ask_that_nobody_was_overlooked(self, reader_id: int) -> None:
        person = self.oracle.readers[reader_id]
        if not person.confirmed or person.cadence not in CLOCK_CADENCES:
            return
        slots = [one for one in self.started if one.cadence is person.cadence and one.by_clock]
        minute = self.looked.replace(minute=self.looked.minute // 15 * 15, second=0, microsecond=0)
        while (minute := minute + timedelta(minutes=15)) <= self.now:
            if self.oracle.falls_due(reader_id, minute):
                excused = person.cadence in self.held or (person.cadence, minute) in self.answered
                there = any(one.slot == minute for one in slots)
                assert excused or there, f"nothing at {minute}"

    def _note_started(self, digests: Iterable[Digest]) -> None:
        for digest in digests:
            by_clock = not digest.by_hand and digest.cadence in CLOCK_CADENCES
            started = Started(
                digest.id,
                digest.cadence,
                digest.slot,
                self.oracle.placed,
                by_clock,
                digest.at_own_hours,
                choices_of(digest).left_out,
                self._waited_for(digest),
            )
            self.started.append(started)
            self.unpublished.append(started)

    def _waited_for(self, digest: Digest) -> frozenset[tuple[time, str]]:
        """Return the hours whose readers waited for a draft that was held over them."""
        if digest.drafted_upto is None:
            return frozenset()
        rows = db.session.scalars(sa.select(ReaderHours).where(ReaderHours.id.in_(digest.hours)))
        return frozenset((row.send_at, row.time_zone) for row in rows)

    def _queued(self, digest: Started) -> dict[int, set[int]]:
        db.session.rollback()
        rows = db.session.execute(
            sa.select(Delivery.subscription_id, Variant.article_ids)
            .join(Variant, Variant.id == Delivery.variant_id)
            .where(Delivery.digest_id == digest.id, Delivery.state == DeliveryState.QUEUED)
        )
        return {reader: {int(one) for one in ids.split(",")} for reader, ids in rows}

    def _mark_done(self, digest: Started) -> None:
        with unit_of_work() as session:
            session.execute(
                sa.update(Delivery)
                .where(Delivery.digest_id == digest.id, Delivery.state == DeliveryState.QUEUED)
                .values(state=DeliveryState.SENT)
            )
            session.execute(
                sa.update(Batch).where(Batch.digest_id == digest.id).values(state=BatchState.DONE)
            )
            finish_digest(digest_id=digest.id, now=self.now)
