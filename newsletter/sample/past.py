"""Live through the sample publication's past: real operations, each at its own moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from newsletter.articles.connect import connect_feed
from newsletter.articles.poll import store_outcome
from newsletter.config import settings
from newsletter.deliveries.fan_out import fan_out
from newsletter.deliveries.models import Batch
from newsletter.deliveries.send import send_batch
from newsletter.digests.publish import freeze
from newsletter.digests.start import start_due
from newsletter.extensions import db
from newsletter.jobs import forget_requested
from newsletter.mail.mailer import Mailer, OutboxMailer, RecordingMailer
from newsletter.publications.change import change_publication, change_topic
from newsletter.publications.create import create_publication
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.topics import topics_named
from newsletter.sample import feed as sample
from newsletter.sample.content import SITE, sample_articles
from newsletter.sample.pictures import keep_pictures
from newsletter.sample.reader_acts import ReaderAct, reader_acts
from newsletter.sample.readers import PAST, TOPICS
from newsletter.subscriptions.letters import due_letters, send_letter
from newsletter.subscriptions.models import Letter
from newsletter.unit_of_work import unit_of_work

#: Articles that are out when the service starts; the others wait for a click.
PUBLISHED = 8
#: The last article that the last weekly digest carried.
LAST_IN_WEEKLY = 5

_TIME_ZONE = "Europe/Brussels"
_SEND_AT = time(8, 0)
#: How long after its publication the feed was polled.
_POLLED_AFTER = timedelta(minutes=10)
#: Mail older than this was cleared from the outbox, as everybody does now and then.
_OUTBOX_KEPT = timedelta(days=10)

_ABOUT = (
    "IRIA – International Relations Insights & Analysis publishes research on peace and security. "
    "This is a sample: its articles, authors and readers are invented."
)


def live_through(*, base: str, now: datetime) -> str:
    """Create the publication and let sixty days pass; return its name."""
    with _writing():
        publication_id = _create(base, now=now)
        keep_pictures(base=base, now=now - PAST)
    found_at = _found_moments(base, now=now)
    acts = sorted(reader_acts(base=base, now=now), key=lambda act: act.moment)
    for moment in sorted({*found_at, *_sweeps(found_at[0], now=now)}):
        acts = _play_readers(acts, publication_id, upto=moment, now=now)
        for number in (one for one, at in enumerate(found_at, start=1) if at == moment):
            _poll(base, count=number, at=moment, now=now)
        _send_digests(publication_id, at=moment, now=now)
    _play_readers(acts, publication_id, upto=now, now=now)
    with _writing():
        publication = db.session.get_one(Publication, publication_id)
        change_publication(publication=publication, typed={"welcome": "on"})
    return db.session.get_one(Publication, publication_id).name


def _create(base: str, *, now: datetime) -> int:
    began = now - PAST
    publication = create_publication(
        slug="iria-news",
        name="IRIA News",
        tagline="International relations, one careful analysis at a time.",
        about=_ABOUT,
        site_url=f"{base}{SITE}/",
        from_name="IRIA News",
        from_email="news@example.org",
        contact_email="editor@example.org",
        postal_address="IRIA, 12 Sample Square, 1000 Exampleton",
        copyright_line=f"© {now.year} IRIA – International Relations Insights & Analysis",
        accent="#0B3D6B",
        logo="static/brand/wordmark@2x.png",
        languages="uk",
        welcome=False,  # the readers of the past are not welcomed today
        cadence=Cadence.WEEKLY,
        send_at=_SEND_AT,
        weekly_day=_weekly_day(base, now=now),
        time_zone=_TIME_ZONE,
        now=began,
    )
    for topic in topics_named(publication, TOPICS):
        change_topic(topic=topic, name=topic.name, offered=True)
    empty = sample.found_feed(base=base, count=0, prepared_at=now)
    connect_feed(publication=publication, found=empty, now=began)
    return publication.id


def _weekly_day(base: str, *, now: datetime) -> int:
    """Choose the weekday whose hour lies between the fifth and the sixth article."""
    sixth_found = _found_moments(base, now=now)[LAST_IN_WEEKLY]
    return _send_hour_before(sixth_found).weekday()


def _found_moments(base: str, *, now: datetime) -> list[datetime]:
    """Return when each published article was found; the last one after the last daily digest."""
    articles = sample_articles(base_url=base)[:PUBLISHED]
    moments = [now - timedelta(hours=one.hours_ago) + _POLLED_AFTER for one in articles]
    hour = _send_hour_before(now)
    moments[-1] = max(min(max(moments[-1], hour + _POLLED_AFTER), now), hour)
    return moments


def _send_hour_before(moment: datetime) -> datetime:
    """Return the last time the clock showed the publication's hour, in its own zone."""
    local = moment.astimezone(ZoneInfo(_TIME_ZONE))
    today = datetime.combine(local.date(), _SEND_AT, local.tzinfo)
    return today if today <= local else today - timedelta(days=1)


def _sweeps(first_found: datetime, *, now: datetime) -> Iterator[datetime]:
    """Yield when digests were started by the clock: once before the first article, then daily."""
    yield first_found - timedelta(minutes=1)
    hour = _send_hour_before(now)
    while hour > first_found:
        yield hour
        hour -= timedelta(days=1)


def _play_readers(
    acts: list[ReaderAct], publication_id: int, *, upto: datetime, now: datetime
) -> list[ReaderAct]:
    """Let readers act up to a moment, letters sent in between; return the acts still to come."""
    due = [act for act in acts if act.moment <= upto]
    _play([act for act in due if act.is_signup], publication_id)
    for letter_id in due_letters(now=upto):
        _send_letter(letter_id, now=now)
    _play([act for act in due if not act.is_signup], publication_id)
    return acts[len(due) :]


def _send_letter(letter_id: int, *, now: datetime) -> None:
    """Send a letter at the moment it was asked for, as workers do within seconds."""
    at = db.session.get_one(Letter, letter_id).requested_at
    send_letter(letter_id=letter_id, mailer=_mailer(at, now=now), now=at)


def _play(acts: list[ReaderAct], publication_id: int) -> None:
    if not acts:
        return
    with _writing():
        publication = db.session.get_one(Publication, publication_id)
        for act in acts:
            act.play(publication)


def _poll(base: str, *, count: int, at: datetime, now: datetime) -> None:
    found = sample.found_feed(base=base, count=count, prepared_at=now)
    with _writing():
        feed = sample.connected_feed()
        assert feed is not None
        store_outcome(feed_id=feed.id, outcome=sample.outcome(found), now=at)


def _send_digests(publication_id: int, *, at: datetime, now: datetime) -> None:
    with _writing():
        digest_ids = [one.id for one in start_due(publication_id=publication_id, now=at)]
    for digest_id in digest_ids:
        with _writing():
            freeze(digest_id=digest_id, now=at)
        fan_out(digest_id=digest_id, now=at)
        batches = sa.select(Batch.id).where(Batch.digest_id == digest_id)
        for batch_id in list(db.session.scalars(batches)):
            send_batch(batch_id=batch_id, mailer=_mailer(at, now=now), clock=lambda: at)


def _mailer(moment: datetime, *, now: datetime) -> Mailer:
    if moment < now - _OUTBOX_KEPT:
        return RecordingMailer()
    return OutboxMailer(settings.outbox_dir, clock=lambda: moment)


@contextmanager
def _writing() -> Iterator[None]:
    """Open a unit of work whose jobs are not queued: all they ask for is done right here."""
    with unit_of_work():
        yield
        forget_requested()
