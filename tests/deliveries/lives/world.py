"""The world: time passes and people act, through the operations that the doors call."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from newsletter.articles import ledger
from newsletter.articles.ingest import ingest
from newsletter.articles.models import ARTICLE_TRANSITIONS, Article, ArticleState, Feed
from newsletter.articles.shapes import ParsedArticle
from newsletter.deliveries.fan_out import fan_out
from newsletter.deliveries.finish import finish_digest
from newsletter.deliveries.models import Batch, BatchState, Delivery, DeliveryState
from newsletter.deliveries.recipients import due_recipients
from newsletter.digests.models import Digest, DigestState, Variant
from newsletter.digests.publish import freeze
from newsletter.digests.start import draft_by_hand, send_now, start_due
from newsletter.digests.withhold import hold_article, release_article
from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication, Topic
from newsletter.publications.schedule import CLOCK_CADENCES, Hours
from newsletter.subscriptions.confirm import confirm
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.hours import choose_hours
from newsletter.subscriptions.models import Source, Subscriber, Subscription, SubscriptionState
from newsletter.subscriptions.pause import pause, resume
from newsletter.subscriptions.preferences import change_preferences
from newsletter.subscriptions.signup import sign_up
from newsletter.subscriptions.unsubscribe import unsubscribe
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.lives.oracle import Clock, Oracle, Started
from tests.factories import Make

BY_LINK = RequestEvidence(Source.MAIL_LINK)
TOPICS = 3

#: The scheduler looks this often, late by up to as much, so that people act in between.
LOOK = timedelta(hours=5, minutes=37)

_numbers = count(1)


class World:
    """One publication with its readers, and the oracle that is told what they do."""

    def __init__(self, make: Make, *, start: datetime, hours: Hours) -> None:
        self.now = start
        home = make.publication(
            created_at=start,
            send_at=hours.send_at,
            time_zone=hours.time_zone,
            weekly_day=0,
            monthly_day=1,
        )
        self.home: int = home.id
        self.topics = [
            make.topic(publication=home, name=f"Topic {n}", slug=f"topic-{n}")
            for n in range(TOPICS)
        ]
        self.feed: int = make.feed(publication=home, connected_at=start).id
        self.oracle = Oracle(
            weekday=0, monthday=1, home=Clock(start, hours.send_at, hours.time_zone)
        )
        self.readers: list[int] = []
        self.articles: list[int] = []
        self.started: list[Started] = []
        self.unpublished: list[Started] = []
        self.unsent: list[tuple[Started, dict[int, set[int]]]] = []
        self.looked = start

    # Readers

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
                topics=self._slugs(topics),
                request=BY_LINK,
                now=self.now,
            )
        self.oracle.prefer(reader.id, cadence=cadence, topics=self._wish(topics))
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

    # Articles

    def publish_article(self, topics: frozenset[int], *, age_days: int, held: bool) -> None:
        """The feed shows an article that is new to us, dated today or long ago."""
        guid = f"https://paper.example.org/life/{next(_numbers)}"
        self._ingest(guid, "New", topics, self.now - timedelta(days=age_days))
        found = sa.select(Article).where(Article.publication_id == self.home, Article.key == guid)
        article = db.session.scalars(found).one()
        self.articles.append(article.id)
        self.oracle.place(article.id, self._ids(topics))
        if article.state is ArticleState.HELD:  # by a rule of the ledger
            self.oracle.take_away(article.id)
        elif held:
            self.hold(len(self.articles) - 1)

    def edit(self, number: int, topics: frozenset[int]) -> None:
        """The publisher changes an article that we have."""
        article = self._article(number)
        if article is not None:
            published = article.published_at
            self._ingest(article.key, f"Edited {next(_numbers)}", topics, published)
            self.oracle.pieces[article.id].topics = self._ids(topics)

    def hold(self, number: int) -> None:
        """Staff hold an article; whether it keeps its place the oracle sees in the ledger."""
        article = self._allowed(number, ArticleState.HELD)
        if article is not None:
            with unit_of_work():
                hold_article(article=article, reason="a look at it", now=self.now)
            if article.position is None:
                self.oracle.take_away(article.id)
            else:
                self.oracle.pieces[article.id].open = False

    def release(self, number: int) -> None:
        """Staff release it: at its old place, or at the end of the ledger."""
        article = self._allowed(number, ArticleState.OPEN)
        if article is not None:
            before = article.position
            with unit_of_work():
                release_article(article=article, now=self.now)
            if article.position == before:
                self.oracle.pieces[article.id].open = True
            else:
                got = [
                    one for one, person in self.oracle.readers.items() if article.id in person.got
                ]
                assert not got, f"placed anew, though {got} have it"
                self.oracle.place(article.id, self.oracle.pieces[article.id].topics)

    def drop(self, number: int) -> None:
        """Staff decide that it is never mailed."""
        article = self._allowed(number, ArticleState.DROPPED)
        if article is not None:
            with unit_of_work():
                ledger.drop(article, "not for readers", self.now)
            self.oracle.pieces[article.id].open = False

    # Staff and the clock

    def move_hours(self, hours: Hours) -> None:
        """Staff move the publication's hours."""
        with unit_of_work() as session:
            home = session.get_one(Publication, self.home)
            home.send_at, home.time_zone = hours.send_at, hours.time_zone
        self.oracle.home = None

    def send_by_hand(self, cadence: Cadence) -> None:
        """Staff send what readers of a cadence would get now; never at a slot's very moment."""
        self.now += timedelta(seconds=1, microseconds=1)
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
        with unit_of_work():
            started = start_due(publication_id=self.home, now=self.now)
        self._note_started(started)
        if self.now - self.looked > LOOK + timedelta(minutes=1):
            self.oracle.lose_count()
        else:
            for number in self.readers:
                self._ask_that_nobody_was_overlooked(number)
        self.looked = self.now

    def work(self) -> None:
        """Workers publish and send all that waits."""
        while self.unpublished:
            self.publish_one(len(self.unpublished) - 1)
        self.send_all()

    def publish_one(self, which: int) -> None:
        """A worker publishes one digest; the real thing must do what the oracle foretells."""
        digest = self.unpublished.pop(which % len(self.unpublished))
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
                assert any(one.slot == minute for one in slots), f"nothing at {minute}"

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
            )
            self.started.append(started)
            self.unpublished.append(started)

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

    def _sign_up(self, email: str, cadence: Cadence, topics: frozenset[int]) -> None:
        with unit_of_work() as session:
            sign_up(
                publication=session.get_one(Publication, self.home),
                email=email,
                cadence=cadence,
                topics=self._slugs(topics),
                name="",
                request=BY_LINK,
                now=self.now,
            )

    def _confirm(self, reader_id: int, cadence: Cadence, topics: frozenset[int]) -> None:
        with unit_of_work() as session:
            reader = session.get_one(Subscription, reader_id)
            assert reader.state is SubscriptionState.PENDING
            confirm(subscription=reader, round=reader.round, request=BY_LINK, now=self.now)
        self.oracle.confirm(reader_id, cadence=cadence, topics=self._wish(topics))

    def _ingest(
        self, guid: str, title: str, topics: frozenset[int], published_at: datetime
    ) -> None:
        with unit_of_work() as session:
            feed = session.get_one(Feed, self.feed)
            entry = _entry(guid, title, self._names(topics), published_at)
            ingest(feed=feed, entries=[entry], language="en", now=self.now)

    def _reader(self, number: int) -> Subscription:
        db.session.rollback()
        return db.session.get_one(Subscription, self.readers[number % len(self.readers)])

    def _article(self, number: int) -> Article | None:
        db.session.rollback()
        if not self.articles:
            return None
        return db.session.get_one(Article, self.articles[number % len(self.articles)])

    def _allowed(self, number: int, state: ArticleState) -> Article | None:
        article = self._article(number)
        return article if article and state in ARTICLE_TRANSITIONS[article.state] else None

    def _chosen(self, topics: frozenset[int]) -> list[Topic]:
        return [self.topics[one] for one in sorted(topics)]

    def _slugs(self, topics: frozenset[int]) -> list[str]:
        return [one.slug for one in self._chosen(topics)]

    def _names(self, topics: frozenset[int]) -> tuple[str, ...]:
        return tuple(one.name for one in self._chosen(topics))

    def _wish(self, topics: frozenset[int]) -> frozenset[int]:
        """Return ids; to wish for every topic is to wish for every article."""
        return frozenset() if len(topics) == TOPICS else self._ids(topics)

    def _ids(self, topics: frozenset[int]) -> frozenset[int]:
        return frozenset(one.id for one in self._chosen(topics))


def _entry(
    guid: str, title: str, categories: tuple[str, ...], published_at: datetime
) -> ParsedArticle:
    return ParsedArticle(
        guid=guid,
        link=guid,
        title=title,
        author="",
        published_at=published_at,
        modified_at=None,
        categories=categories,
        content_html=f"<p>{title}</p>",
        excerpt=title,
        lead=title,
        reading_minutes=1,
        language=None,
        comment_count=None,
        comments_url="",
        image=None,
        images=(),
    )
