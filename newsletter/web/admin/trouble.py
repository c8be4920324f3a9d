"""Trouble: what is wrong, in words, with the way to mend it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app, url_for

from newsletter.articles.alarms import OpenAlarm, open_alarms, told_reason
from newsletter.articles.health import GONE
from newsletter.articles.models import Article, ArticleState, Feed
from newsletter.deliveries.lease import MOST_LOST_LEASES
from newsletter.deliveries.models import Batch, BatchState
from newsletter.digests.drafts import waiting_drafts
from newsletter.digests.models import Digest, DigestKind, DigestState
from newsletter.digests.preflight_hold import hold_of
from newsletter.digests.publishing import is_quarantined
from newsletter.extensions import db
from newsletter.jobs import QUEUES
from newsletter.mail.relay_states import RelayStanding, RelayState
from newsletter.mail.sending_hold import current_mark
from newsletter.publications.models import Publication
from newsletter.subscriptions.signup_breaker import breaker
from newsletter.web.admin.numbers import counted
from newsletter.web.admin.queue_figures import QueueFigures, WorkerSigns
from newsletter.web.admin.relays import troubled_relays
from newsletter.web.admin.times import span, zone_of

#: Failures in a row after which a feed is trouble; a single one is the web's weather.
FEED_FAILURES = 3
#: Mail that is due for so long, while nobody takes it, does not move.
STUCK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong."""

    title: str
    mend: str
    address: str = ""  # the page where it is mended
    link: str = ""
    grave: bool = True
    acts: tuple[tuple[str, str], ...] = ()  # words of a button, and the address it posts to


def troubles(
    publication: Publication, *, signs: WorkerSigns, queue: QueueFigures, now: datetime
) -> list[Trouble]:
    """Return what is wrong, the gravest first."""
    found = [
        *_hold(),
        *_workers(signs, now),
        *(_relay(one) for one in troubled_relays(now)),
        *_letters(queue, now),
        *_held_drafts(publication, now),
        *_digests(publication, now),
        *_feeds(publication),
        *(_alarm(one) for one in open_alarms(publication.id)),
        *_signups(now),
        *_held_articles(publication),
    ]
    return sorted(found, key=lambda one: not one.grave)


def page_of(endpoint: str, **values: int | str) -> str:
    """Return the address of a page, or nothing while it does not exist."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""  # type: ignore[arg-type]


def _hold() -> Iterator[Trouble]:
    mark = current_mark()
    if mark is not None and mark.held_since is not None:
        yield Trouble(
            "Sending is held: no mail goes out",
            f"{mark.reason} Released, it sends what the database takes for unsent, perhaps for the "
            "second time. The operator knows how to catch up without sending.",
            acts=(("Release it", page_of("admin.sending_release")),),
        )


def _workers(signs: WorkerSigns, now: datetime) -> Iterator[Trouble]:
    if not signs.queue_answers:
        yield Trouble(
            "The queue does not answer",
            "Signing up and unsubscribing work, but no mail goes out. "
            "Start the Redis server that REDIS_URL names.",
        )
    elif signs.unserved and len(signs.unserved) < len(QUEUES):
        yield Trouble(
            f"No worker takes from {'these queues' if len(signs.unserved) > 1 else 'this queue'}: "
            f"{', '.join(signs.unserved)}",
            "Feeds, digests or letters stand still. Look at the worker that names them, or start "
            f"one: celery -A workers worker -Q {','.join(signs.unserved)}",
        )
    elif signs.silent(now):
        seen = (
            f"the last one was seen {span(now - signs.last_seen)} ago"
            if signs.last_seen
            else "none was seen this week"
        )
        yield Trouble(
            f"No worker is running: {seen}",
            "Feeds are not read and no mail goes out. Start one: celery -A workers worker",
        )


def _relay(one: RelayStanding) -> Trouble:
    answer = one.answer.rstrip(".")
    said = f"It said: {answer}."
    until = f"{one.until:%H:%M} UTC" if one.until else ""
    if one.state is RelayState.STOPPED:
        return Trouble(
            f"The relay {one.relay} is stopped: it refused our mail",
            f"{said} Mails wait, and no reader is blamed. Mend the cause first – blocklists, SPF, "
            "DKIM and DMARC of the sender – then release it.",
            acts=(("Release it", page_of("admin.relay_release", stop_id=one.stop_id or 0)),),
        )
    if one.state is RelayState.PAUSED:
        return Trouble(
            f"The relay {one.relay} does not let us in; the next try is at {until}",
            f"{said} Check user, password and encryption in SMTP_URL, then restart the workers.",
        )
    if one.state is RelayState.SILENT:
        return Trouble(
            f"The relay {one.relay} is silenced until {until}",
            f"It asked us to slow down: {answer}. Sending goes on by itself, with one "
            "connection first. Should it recur, set a lower rate in SMTP_URL.",
        )
    return Trouble(
        f"The relay {one.relay} takes few connections: {one.connections} for all workers",
        f"{said} The number grows by itself while mail is accepted.",
        grave=False,
    )


def _letters(queue: QueueFigures, now: datetime) -> Iterator[Trouble]:
    due = queue.letters_due_since
    if due and now - due > STUCK:
        yield Trouble(
            f"Letters wait: {counted(queue.letters_queued, 'letter')}, "
            f"the oldest due for {span(now - due)}",
            "Confirmations reach their readers late. Look at the worker and at the mail server.",
        )
    if queue.letters_failed:
        yield Trouble(
            f"{counted(queue.letters_failed, 'letter')} failed within the last day",
            "The mail server refused them. The reader's page has its words.",
            page_of("admin.readers", state="pending"),
            "Pending readers",
            grave=False,
        )


def _digests(publication: Publication, now: datetime) -> Iterator[Trouble]:
    digests = db.session.scalars(
        sa.select(Digest)
        .where(Digest.publication_id == publication.id)
        .where(Digest.state.in_([DigestState.SCHEDULED, DigestState.SENDING]))
        .order_by(Digest.slot)
    )
    for digest in digests:
        if words := _why_it_waits(digest, now):
            yield Trouble(
                f"{_name(digest)} waits",
                words,
                page_of("admin.digest", digest_id=digest.id),
                "Open the digest",
                grave=digest.paused_at is None or bool(digest.reason),
            )


def _held_drafts(publication: Publication, now: datetime) -> Iterator[Trouble]:
    """Tell of drafts that staff hold; grave once readers wait for one."""
    for draft in waiting_drafts(publication.id).values():
        if draft.held_at is None:
            continue
        late = draft.started_at is not None
        hour = f"{draft.slot.astimezone(zone_of(publication)):%H:%M}"
        yield Trouble(
            f"The {draft.cadence.value} digest of {hour} is held",
            f"Staff have held it for {span(now - draft.held_at)}. "
            + ("Its hour has passed, and its readers wait. " if late else "")
            + "It goes out when somebody releases it; its articles wait as long.",
            page_of("admin.digest", digest_id=draft.id),
            "Open the digest",
            grave=late,
        )


def _name(digest: Digest) -> str:
    is_correction = digest.kind is DigestKind.CORRECTION
    return "A correction" if is_correction else f"The {digest.cadence.value} digest"


def _why_it_waits(digest: Digest, now: datetime) -> str:
    if digest.paused_at is not None and digest.reason:
        return f"{digest.reason} Look at what came back, then resume or cancel it."
    if digest.paused_at is not None:
        return f"Staff paused it {span(now - digest.paused_at)} ago. It goes on when resumed."
    if is_quarantined(digest):
        return (
            f"Workers began {digest.publish_attempts} times to publish it and got nowhere, so it "
            "is quarantined. Their log says what ended them. Mend that, then release it."
        )
    if held := hold_of(digest):
        more = len(held.sentences) - 1
        rest = f" And {counted(more, 'more error')}." if more else ""
        return f"{held.sentences[0]}{rest} Mend it, or send the digest anyway."
    if digest.state is DigestState.SCHEDULED:
        late = now - max(digest.slot, digest.created_at)
        return f"It was due {span(late)} ago and no worker took it." if late > STUCK else ""
    waiting = sa.select(Batch).where(Batch.digest_id == digest.id, Batch.state != BatchState.DONE)
    worst = db.session.scalar(waiting.order_by(Batch.lost_leases.desc()).limit(1))
    if worst is not None and worst.lost_leases >= MOST_LOST_LEASES:
        return (
            f"Workers died {worst.lost_leases} times with one batch in hand, so it is quarantined. "
            "Mend what ended them, then release it."
        )
    noted = db.session.scalar(waiting.where(Batch.note != "").limit(1))
    return noted.note if noted is not None else ""


def _feeds(publication: Publication) -> Iterator[Trouble]:
    feeds = db.session.scalars(
        sa.select(Feed)
        .where(Feed.publication_id == publication.id)
        .where(Feed.failures_in_a_row >= FEED_FAILURES)
        .where(sa.or_(Feed.disabled.is_(False), Feed.last_status == GONE))
    )
    for feed in feeds:
        what = "is gone for good" if feed.disabled else "cannot be read"
        yield Trouble(
            f"The feed {feed.title or feed.url} {what}",
            f"{counted(feed.failures_in_a_row, 'attempt')} failed. {feed.last_error}",
            page_of("admin.articles_feed", feed_id=feed.id),
            "Open the feed",
        )


def _alarm(one: OpenAlarm) -> Trouble:
    alarm, feed = one.alarm, one.alarm.feed
    where = f"of {feed.title or feed.url}" if feed else "of a feed that was removed"
    alarm_id, what = alarm.id, "it" if one.waiting == 1 else "all"
    return Trouble(
        f"{counted(one.waiting, 'article')} {where} {'is' if one.waiting == 1 else 'are'} held",
        told_reason(one),
        page_of("admin.articles", state="held", alarm=alarm_id),
        "Look at it" if one.waiting == 1 else "Look at them",
        acts=(
            (f"Release {what}", page_of("admin.alarm_release", alarm_id=alarm_id)),
            (f"Drop {what}", page_of("admin.alarm_drop", alarm_id=alarm_id)),
        ),
    )


def _signups(now: datetime) -> Iterator[Trouble]:
    row = breaker()
    if row.tripped_at is not None:
        came = f"{counted(row.asked, 'confirmation')} asked for, {row.confirmed:,} came"
        yield Trouble(
            f"Every signup has been checked for {span(now - row.tripped_at)}: few confirm",
            f"Within the last hour: {came}. That looks like a program that enters the addresses of "
            "strangers. Readers' browsers solve a small puzzle meanwhile; it ends by itself. "
            "The rule stands under Settings, Signup.",
            grave=False,
        )


def _held_articles(publication: Publication) -> Iterator[Trouble]:
    """Tell of those that staff hold: an alarm has its own place, and a date comes by itself."""
    statement = (
        sa.select(sa.func.count())
        .select_from(Article)
        .where(Article.publication_id == publication.id, Article.state == ArticleState.HELD)
        .where(sa.or_(Article.alarm_id.is_(None), Article.released_at.is_not(None)))
        .where(Article.held_until.is_(None))
    )
    number = int(db.session.scalars(statement).one())
    if number:
        yield Trouble(
            f"{counted(number, 'article')} {'is' if number == 1 else 'are'} held",
            "Nobody gets a held article until staff release it.",
            page_of("admin.articles", state="held"),
            "Held articles",
            grave=False,
        )
