"""What readers do in a life, through the operations that the pages call."""

from datetime import datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import Hours
from newsletter.subscriptions.confirm import confirm
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.hours import choose_hours
from newsletter.subscriptions.models import Source, Subscriber, Subscription, SubscriptionState
from newsletter.subscriptions.pause import pause, resume
from newsletter.subscriptions.preferences import change_preferences
from newsletter.subscriptions.signup import sign_up
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.lives.oracle import Clock
from tests.deliveries.lives.scene import Scene

BY_LINK = RequestEvidence(Source.MAIL_LINK)

_numbers = count(1)


class ReaderActs(Scene):
    """Readers sign up, change their minds, pause, leave and come back; the oracle is told."""

    def join(self, cadence: Cadence, topics: frozenset[int]) -> None:
        """Somebody signs up and confirms."""
        email = f"life{next(_numbers)}@example.org"
        self._sign_up(email, cadence, topics)
        found = sa.select(Subscription.id).join(Subscriber).where(Subscriber.email == email)
        self.readers.append(db.session.scalars(found).one())
        self._confirm(self.readers[-1], cadence, topics)

    def come_back(self, number: int, cadence: Cadence, topics: frozenset[int]) -> None:
        """Somebody who left signs up again."""
        reader = self._reader(number)
        if self.oracle.readers[reader.id].confirmed:
            return
        self._sign_up(reader.subscriber.email, cadence, topics)
        self._confirm(reader.id, cadence, topics)

    def leave(self, number: int) -> None:
        """Somebody unsubscribes."""
        reader = self._reader(number)
        with unit_of_work():
            unsubscribe(subscription=reader, request=BY_LINK, now=self.now)
        person = self.oracle.readers[reader.id]
        person.confirmed = False
        for article in person.pile:
            person.left_out[article] = "she had left"
        person.pile = set()

    def prefer(self, number: int, cadence: Cadence, topics: frozenset[int]) -> None:
        """Somebody changes cadence and topics."""
        reader = self._reader(number)
        person = self.oracle.readers[reader.id]
        if not person.confirmed:
            return
        with unit_of_work():
            change_preferences(
                subscription=reader,
                cadence=cadence,
                topics=self.slugs(topics),
                request=BY_LINK,
                now=self.now,
            )
        self.oracle.prefer(reader.id, cadence=cadence, topics=self.wish(topics))
        self._note_turn(reader)

    def choose_hours(self, number: int, hours: Hours | None) -> None:
        """Somebody chooses when her digests come."""
        reader = self._reader(number)
        if self.oracle.readers[reader.id].confirmed:
            with unit_of_work():
                choose_hours(subscription=reader, hours=hours, request=BY_LINK, now=self.now)
            self._note_turn(reader)

    def pause(self, number: int, days: int) -> None:
        """Somebody wants nothing for some days."""
        reader = self._reader(number)
        person = self.oracle.readers[reader.id]
        if person.confirmed:
            until = reader.hours.day_of(self.now) + timedelta(days=days)
            with unit_of_work():
                pause(subscription=reader, until=until, request=BY_LINK, now=self.now)
            zone = ZoneInfo(reader.hours.time_zone)
            person.paused_until = datetime.combine(until, time(0), zone)

    def resume(self, number: int) -> None:
        """Somebody wants mail again at once."""
        reader = self._reader(number)
        with unit_of_work():
            resume(subscription=reader, request=BY_LINK, now=self.now)
        self.oracle.readers[reader.id].paused_until = None

    def _note_turn(self, reader: Subscription) -> None:
        person = self.oracle.readers[reader.id]
        hours = reader.own_hours
        last = person.clocks[-1]
        clock = Clock(
            reader.hours_from or last.since,
            hours.send_at if hours else None,
            hours.time_zone if hours else "",
        )
        if clock != last:
            self.oracle.turn(reader.id, clock, now=self.now)

    def _sign_up(self, email: str, cadence: Cadence, topics: frozenset[int]) -> None:
        with unit_of_work() as session:
            sign_up(
                publication=session.get_one(Publication, self.home),
                email=email,
                cadence=cadence,
                topics=self.slugs(topics),
                name="",
                request=BY_LINK,
                now=self.now,
            )

    def _confirm(self, reader_id: int, cadence: Cadence, topics: frozenset[int]) -> None:
        with unit_of_work() as session:
            reader = session.get_one(Subscription, reader_id)
            assert reader.state is SubscriptionState.PENDING
            confirm(subscription=reader, round=reader.round, request=BY_LINK, now=self.now)
        self.oracle.confirm(reader_id, cadence=cadence, topics=self.wish(topics))

    def _reader(self, number: int) -> Subscription:
        db.session.rollback()
        return db.session.get_one(Subscription, self.readers[number % len(self.readers)])
